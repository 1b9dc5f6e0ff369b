//! A service can be declared inside a function or a module, and by a macro.
#![allow(dead_code)]
use trunkline::{Result, service};

macro_rules! declare {
    ($visibility:vis $name:ident, $method:ident, $argument:ident, $ty:ty, $path:literal) => {
        #[service("declared", dyn)]
        $visibility trait $name {
            #[get($path)]
            async fn $method(&self, $argument: $ty, own: u32) -> Result<$ty>;
        }
    };
}

declare!(pub Declared, item, id, u32, "/{id}");

mod inner {
    pub(super) type Item = u32;

    #[trunkline::service("inner", dyn)]
    pub(super) trait Inner {
        #[get("/")]
        async fn item(&self, id: Item) -> super::Result<self::Item>;
    }
}

fn main() {
    #[service("local")]
    trait Local {
        #[get("/{id}")]
        async fn item(&self, id: u32) -> Result<u32>;
    }
    let _ = (
        LocalClient::new,
        inner::InnerClient::ENDPOINTS,
        DeclaredClient::ENDPOINTS,
    );
}
