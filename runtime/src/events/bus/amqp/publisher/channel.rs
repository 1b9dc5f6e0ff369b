//! A channel in confirm mode: the one place that publishes.

use std::future::Future;
use std::sync::Arc;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation};

use super::super::super::Nack;
use super::super::fault::Fault;
use super::super::link::{Link, answered};
use super::super::{topology, wire};
use super::Parcel;
use super::window::{Confirm, Publishes};

/// A channel that confirms. It has one owner, no clone, and publishes for nobody but that owner: two tasks that publish on
/// one channel get each other's confirms.
pub(in super::super) struct ConfirmChannel {
    /// Shared with what is on its way, and with nobody else.
    channel: Arc<Channel>,
    frame_max: usize,
}

impl ConfirmChannel {
    /// Opened, and told to confirm before the first publish: else each of them would look like a success.
    pub(in super::super) async fn open(link: &Link) -> Result<Self, Fault> {
        let channel = link.channel().await?;
        let selected = channel.confirm_select(ConfirmSelectOptions::default());
        answered("confirm mode", selected).await?;
        Ok(Self {
            channel: Arc::new(channel),
            frame_max: link.frame_max(),
        })
    }

    /// Publishes in the order of the first polls.
    ///
    /// # Errors
    /// For good, where the broker would close the channel, and with it all that is on its way there.
    pub(in super::super) fn publish(
        &mut self,
        parcel: &Parcel,
    ) -> Result<impl Future<Output = lapin::Result<Confirmation>> + Send + use<>, Nack> {
        let properties = wire::properties(&parcel.wire, self.frame_max)?;
        let exchange = wire::short("exchange", &parcel.exchange)?;
        let key = wire::short("routing key", &parcel.key)?;
        let wire = Arc::clone(&parcel.wire);
        let channel = Arc::clone(&self.channel);
        Ok(async move {
            let options = BasicPublishOptions {
                // What comes back for want of a queue is kept by `returns`.
                mandatory: topology::has_no_alternate(exchange.as_str()),
                ..BasicPublishOptions::default()
            };
            let sent = channel.basic_publish(exchange, key, options, &wire.body, properties);
            let confirm = sent.await?;
            // A confirm may never come.
            drop(wire);
            confirm.await
        })
    }
}

impl Publishes for ConfirmChannel {
    fn start(&mut self, parcel: &Parcel) -> Result<Confirm, Nack> {
        let confirm = self.publish(parcel)?;
        Ok(Box::pin(confirm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Has one answer for what is no `Clone`, and two for what is: then this does not compile.
    trait HasNoClone<Which> {
        fn check() {}
    }

    struct Anything;
    struct IsClone;

    impl<T> HasNoClone<Anything> for T {}

    impl<T: Clone> HasNoClone<IsClone> for T {}

    #[test]
    fn a_channel_has_no_second_owner() {
        <ConfirmChannel as HasNoClone<_>>::check();
        // Nor is it published on through a shared reference: this takes the only one there is.
        let _: fn(&mut ConfirmChannel, &Parcel) -> Result<_, Nack> = ConfirmChannel::publish;
    }
}
