// What Tokio's tasks, timers, channels and locks cost, on one thread.
//
//     peer_micro_tokio TASK N

use std::future::{poll_fn, Future};
use std::hint::black_box;
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, Mutex};
use tokio::task::{spawn, yield_now};
use tokio::time::{sleep, timeout, Sleep};

const HOUR: Duration = Duration::from_secs(3600);

fn cpu_time() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 * 1e9 + t.tv_nsec as f64
}

fn memory() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = text.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as f64
}

async fn one() -> i64 {
    1
}

async fn yield_often(n: usize) {
    for _ in 0..n {
        yield_now().await;
    }
}

async fn lock_often(mutex: Arc<Mutex<()>>, n: usize) {
    for _ in 0..n {
        let _held = mutex.lock().await;
        yield_now().await;
    }
}

/// Lets `n` tasks run until they wait: each round of the scheduler runs 61 and then this one.
async fn let_start(n: usize) {
    yield_often(n / 61 + 2).await;
}

/// Registers a timer, as awaiting it would, and drops it.
async fn arm_once() {
    let mut timer = pin!(sleep(HOUR));
    poll_fn(|context| {
        let _ = timer.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
}

/// So many timers, all of them polled, which is what arms them.
async fn armed(n: usize) -> Vec<Pin<Box<Sleep>>> {
    let mut timers: Vec<_> = (0..n).map(|_| Box::pin(sleep(HOUR))).collect();
    poll_fn(|context| {
        for timer in &mut timers {
            let _ = timer.as_mut().poll(context);
        }
        Poll::Ready(())
    })
    .await;
    timers
}

/// CPU time in nanoseconds, and bytes where memory counts.
async fn run(task: &str, n: usize) -> Option<(f64, Option<f64>)> {
    let mut begin = cpu_time();
    let mut bytes = None;
    match task {
        "spawn" => {
            let tasks: Vec<_> = (0..n).map(|_| spawn(yield_now())).collect();
            for task in tasks {
                task.await.unwrap();
            }
        }
        "create_join" => {
            for _ in 0..n {
                spawn(async {}).await.unwrap();
            }
        }
        "yield" => {
            let tasks = [spawn(yield_often(n / 2)), spawn(yield_often(n / 2))];
            for task in tasks {
                task.await.unwrap();
            }
        }
        "await" => {
            let mut sum = 0;
            for _ in 0..n {
                sum += black_box(one()).await;
            }
            black_box(sum);
        }
        "queue" => {
            let (sender, mut receiver) = mpsc::channel(64);
            let consumer = spawn(async move {
                let mut sum = 0;
                while let Some(item) = receiver.recv().await {
                    sum += item;
                }
                sum
            });
            for i in 0..n {
                sender.send(i).await.unwrap();
            }
            drop(sender);
            black_box(consumer.await.unwrap());
        }
        "clock" => {
            for _ in 0..n {
                black_box(Instant::now());
            }
        }
        "timer" => {
            for _ in 0..n {
                arm_once().await;
            }
        }
        "timers" => {
            drop(armed(n).await);
        }
        "armed_timers" => {
            let before = memory();
            let timers = armed(n).await;
            bytes = Some(memory() - before);
            std::mem::forget(timers);
        }
        "timeout" => {
            for _ in 0..n {
                timeout(Duration::from_secs(1), yield_now()).await.unwrap();
            }
        }
        "timeout_ready" => {
            let mut sum = 0;
            for _ in 0..n {
                sum += timeout(Duration::from_secs(1), one()).await.unwrap();
            }
            black_box(sum);
        }
        "cancel" => {
            let tasks: Vec<_> = (0..n).map(|_| spawn(sleep(HOUR))).collect();
            let_start(n).await;
            begin = cpu_time();
            for task in &tasks {
                task.abort();
            }
            for task in tasks {
                assert!(task.await.unwrap_err().is_cancelled());
            }
        }
        "sleeping" => {
            let before = memory();
            for _ in 0..n {
                spawn(sleep(HOUR));
            }
            let_start(n).await;
            bytes = Some(memory() - before);
        }
        "lock" => {
            let mutex = Mutex::new(());
            for _ in 0..n {
                let held = mutex.lock().await;
                black_box(&held);
            }
        }
        "contended" => {
            let mutex = Arc::new(Mutex::new(()));
            let tasks: Vec<_> = (0..10).map(|_| spawn(lock_often(mutex.clone(), n / 10))).collect();
            for task in tasks {
                task.await.unwrap();
            }
        }
        _ => return None,
    }
    Some((cpu_time() - begin, bytes))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (task, n): (&str, usize) = match arguments.as_slice() {
        [_, task, n] => (task, n.parse().expect("a number")),
        _ => panic!("usage: peer_micro_tokio TASK N"),
    };
    if task != "sleeping" && task != "armed_timers" {
        run(task, n).await; // to warm up
    }
    let Some((nanoseconds, bytes)) = run(task, n).await else { std::process::exit(3) };
    print!("{:.3}", nanoseconds / n as f64);
    if let Some(bytes) = bytes {
        print!(" {:.1}", bytes / n as f64);
    }
    println!();
    std::process::exit(0); // what still sleeps is not waited for
}
