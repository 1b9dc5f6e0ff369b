//! The loopback server, in a process of its own: the bench's binary, started a second time.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::responder::Responder;
use crate::workload::runtime;

/// The argument that makes a bench's binary the server.
const SERVE: &str = "--serve";

/// The other process; ended when this is dropped, and by itself when this process ends in any other way.
#[derive(Debug)]
pub struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts this binary a second time, as the server.
    ///
    /// # Panics
    /// Never: the output is a pipe.
    pub fn start() -> io::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .arg(SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().expect("its output is a pipe");
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url)?;
        let url = url.trim_end().to_owned();
        Ok(Self { child, url })
    }

    /// Where it listens: `http://127.0.0.1:12345`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves for as long as the process that started this one lives, when this one was started as the server.
pub fn serve_if_asked() -> io::Result<()> {
    if env::args().any(|argument| argument == SERVE) {
        end_with_parent();
        runtime().block_on(serve())?;
    }
    Ok(())
}

/// The parent holds the other end of the input: it ends when the parent does, however that comes about.
fn end_with_parent() {
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}

async fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "http://{}", listener.local_addr()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(connection(stream));
    }
}

/// Answers until the client closes the connection.
async fn connection(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut responder = Responder::default();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            length => {
                if let Some(answer) = responder.receive(&buffer[..length]) {
                    stream.write_all(answer).await?;
                }
            }
        }
    }
}
