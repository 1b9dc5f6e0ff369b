//! A record that has its place in the store, and is not on disk yet.

use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::StoreError;
use super::fate::Fate;
use super::record::Encoded;
use super::room::Place;
use super::shared::Shared;
use super::waiting::Accept;

/// A record that fits; dropped, it makes room for another.
pub(crate) struct Entry {
    pub(super) shared: Arc<Shared>,
    pub(super) record: Encoded,
    pub(super) place: Place,
}

/// A record on disk, as its publisher sees it.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    fate: watch::Receiver<Fate>,
}

impl Entry {
    /// Returns when the record is on disk. A future that is dropped may or may not have stored it.
    ///
    /// # Errors
    /// Why the store has ended; the record may be on disk all the same where a commit failed.
    pub(crate) async fn write(self) -> Result<Kept, StoreError> {
        let (answer, answered) = oneshot::channel();
        let (sender, fate) = watch::channel(Fate::Waiting);
        let Self {
            shared,
            record,
            place,
        } = self;
        let accept = Accept {
            record,
            place,
            answer,
            fate: sender,
        };
        shared.push(|work| work.accepts.push(accept))?;
        answered.await.map_err(|_| shared.ended())?;
        Ok(Kept { fate })
    }
}

impl Kept {
    /// Returns when it is decided; [`Fate::Waiting`] where the store ended before.
    pub(crate) async fn decided(&self) -> Fate {
        let mut fate = self.fate.clone();
        match fate.wait_for(|fate| *fate != Fate::Waiting).await {
            Ok(fate) => *fate,
            Err(_) => Fate::Waiting,
        }
    }
}
