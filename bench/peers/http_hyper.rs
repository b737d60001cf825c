// GET /plaintext and GET /json with hyper, on one thread.

use hyper::header::{HeaderValue, CONTENT_TYPE};
use hyper::service::{make_service_fn, service_fn};
use hyper::{Body, Request, Response, Server};
use std::convert::Infallible;
use std::net::TcpListener;

async fn answer(request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let (kind, text) = match request.uri().path() {
        "/json" => ("application/json", "{\"message\":\"Hello, World!\"}"),
        _ => ("text/plain; charset=utf-8", "Hello, World!"),
    };
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    println!("listening {}", listener.local_addr()?.port());
    let service = make_service_fn(|_| async { Ok::<_, Infallible>(service_fn(answer)) });
    Server::from_tcp(listener)?
        .tcp_nodelay(true)
        .http1_only(true)
        .http1_pipeline_flush(true)
        .serve(service)
        .await?;
    Ok(())
}
