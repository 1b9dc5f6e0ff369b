//! An argument is encoded before anything waits, so that it need not be `Send`.
use std::fmt::{self, Display};
use std::rc::Rc;

use trunkline::{Client, Result, service};

pub struct Local(pub Rc<str>);

impl Display for Local {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[service("local")]
pub trait LocalService {
    #[get("/{id}")]
    async fn get(&self, id: Local) -> Result<()>;
}

fn spawn(future: impl Future<Output = Result<()>> + Send) {
    drop(future);
}

fn run(client: &Client) {
    spawn(LocalServiceClient::new(client).clone().get(Local("a".into())));
}

fn main() {
    let _ = run;
}
