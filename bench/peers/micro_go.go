// What Go's goroutines, timers, channels and locks cost.
//
//	peer_micro_go TASK N
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func cpuTime() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return float64(used.Utime.Nano() + used.Stime.Nano())
}

func memory() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	pages, err := strconv.ParseFloat(strings.Fields(string(text))[1], 64)
	if err != nil {
		panic(err)
	}
	return pages * float64(os.Getpagesize())
}

// Nanoseconds of CPU time, and bytes where memory counts.
type measured struct{ nanoseconds, bytes float64 }

func timed(work func()) measured {
	begin := cpuTime()
	work()
	return measured{cpuTime() - begin, -1}
}

func spawn(n int) measured {
	return timed(func() {
		var group sync.WaitGroup
		group.Add(n)
		for i := 0; i < n; i++ {
			go func() {
				runtime.Gosched()
				group.Done()
			}()
		}
		group.Wait()
	})
}

func createJoin(n int) measured {
	return timed(func() {
		for i := 0; i < n; i++ {
			done := make(chan struct{})
			go func() { close(done) }()
			<-done
		}
	})
}

func yield(n int) measured {
	return timed(func() {
		var group sync.WaitGroup
		group.Add(2)
		for task := 0; task < 2; task++ {
			go func() {
				for i := 0; i < n/2; i++ {
					runtime.Gosched()
				}
				group.Done()
			}()
		}
		group.Wait()
	})
}

var sum int

func queue(n int) measured {
	return timed(func() {
		items := make(chan int, 64)
		done := make(chan struct{})
		go func() {
			for item := range items {
				sum += item
			}
			close(done)
		}()
		for i := 0; i < n; i++ {
			items <- i
		}
		close(items)
		<-done
	})
}

var now time.Time

func clock(n int) measured {
	return timed(func() {
		for i := 0; i < n; i++ {
			now = time.Now()
		}
	})
}

func timer(n int) measured {
	return timed(func() {
		for i := 0; i < n; i++ {
			time.AfterFunc(time.Hour, func() {}).Stop()
		}
	})
}

func rearm(n int) measured {
	timer := time.AfterFunc(time.Hour, func() {})
	return timed(func() {
		for i := 0; i < n; i++ {
			timer.Reset(time.Hour)
			timer.Stop()
		}
	})
}

func timers(n int) measured {
	armed := make([]*time.Timer, n)
	return timed(func() {
		for i := range armed {
			armed[i] = time.AfterFunc(time.Hour, func() {})
		}
		for _, t := range armed {
			t.Stop()
		}
	})
}

func armedTimers(n int) measured {
	before := memory()
	armed := make([]*time.Timer, n)
	all := timed(func() {
		for i := range armed {
			armed[i] = time.AfterFunc(time.Hour, func() {})
		}
	})
	all.bytes = memory() - before
	runtime.KeepAlive(armed)
	return all
}

func one(ctx context.Context) (int, error) { return 1, ctx.Err() }

func waitsOnce(ctx context.Context) (int, error) {
	runtime.Gosched()
	return 1, ctx.Err()
}

func underTimeout(n int, operation func(context.Context) (int, error)) measured {
	return timed(func() {
		for i := 0; i < n; i++ {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			value, err := operation(ctx)
			if err != nil {
				panic(err)
			}
			sum += value
			cancel()
		}
	})
}

func timeout(n int) measured { return underTimeout(n, waitsOnce) }

func timeoutReady(n int) measured { return underTimeout(n, one) }

// Each goroutine has a context of its own to be cancelled by.
func cancel(n int) measured {
	var started, ended sync.WaitGroup
	started.Add(n)
	ended.Add(n)
	cancels := make([]context.CancelFunc, n)
	for i := range cancels {
		ctx, cancel := context.WithCancel(context.Background())
		cancels[i] = cancel
		go func() {
			started.Done()
			sleep := time.NewTimer(time.Hour)
			select {
			case <-sleep.C:
			case <-ctx.Done():
				sleep.Stop()
			}
			ended.Done()
		}()
	}
	started.Wait()
	runtime.Gosched()
	return timed(func() {
		for _, cancel := range cancels {
			cancel()
		}
		ended.Wait()
	})
}

func sleeping(n int) measured {
	before := memory()
	var started sync.WaitGroup
	started.Add(n)
	all := timed(func() {
		for i := 0; i < n; i++ {
			go func() {
				started.Done()
				time.Sleep(time.Hour)
			}()
		}
		started.Wait()
		runtime.Gosched()
	})
	all.bytes = memory() - before
	return all
}

func lock(n int) measured {
	var mutex sync.Mutex
	return timed(func() {
		for i := 0; i < n; i++ {
			mutex.Lock()
			mutex.Unlock()
		}
	})
}

func contended(n int) measured {
	var mutex sync.Mutex
	return timed(func() {
		var group sync.WaitGroup
		group.Add(10)
		for task := 0; task < 10; task++ {
			go func() {
				for i := 0; i < n/10; i++ {
					mutex.Lock()
					runtime.Gosched()
					mutex.Unlock()
				}
				group.Done()
			}()
		}
		group.Wait()
	})
}

func main() {
	tasks := map[string]func(int) measured{
		"spawn": spawn, "create_join": createJoin, "yield": yield, "queue": queue, "clock": clock, "timer": timer, "rearm": rearm,
		"timers": timers, "armed_timers": armedTimers, "timeout": timeout, "timeout_ready": timeoutReady, "cancel": cancel, "sleeping": sleeping, "lock": lock,
		"contended": contended,
	}
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: peer_micro_go TASK N")
		os.Exit(2)
	}
	n, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	task, ok := tasks[os.Args[1]]
	if !ok {
		os.Exit(3)
	}
	if os.Args[1] != "sleeping" && os.Args[1] != "armed_timers" {
		task(n) // to warm up
	}
	all := task(n)
	fmt.Printf("%.3f", all.nanoseconds/float64(n))
	if all.bytes >= 0 {
		fmt.Printf(" %.1f", all.bytes/float64(n))
	}
	fmt.Println()
}
