//! A method with a body and no verb stays in the trait, and a fake may override it.
use trunkline::{Result, service};

#[service("default", dyn)]
pub trait Default {
    #[get("/{id}")]
    async fn item(&self, id: u32) -> Result<u32>;

    /// A pattern is fine where there is a body.
    async fn sum(&self, (left, right): (u32, u32), mut extra: u32, _: &str) -> Result<u32> {
        extra += self.item(left).await?;
        Ok(extra + self.item(right).await?)
    }

    async fn borrowed<'a>(&'a self, name: &'a str) -> Result<&'a str> {
        self.item(1).await?;
        Ok(name)
    }

    fn name(&self, suffix: &str) -> String {
        format!("default{suffix}")
    }

    fn version() -> u32
    where
        Self: Sized,
    {
        1
    }
}

struct Fake;

impl Default for Fake {
    async fn item(&self, id: u32) -> Result<u32> {
        Ok(id)
    }
    async fn sum(&self, _: (u32, u32), _: u32, _: &str) -> Result<u32> {
        Ok(7)
    }
}

pub(super) fn main() {
    let erased = DynDefault::new(Fake);
    assert_eq!(erased.name("!"), "default!");
    assert_eq!(Fake::version(), 1);
}
