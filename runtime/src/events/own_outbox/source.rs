//! What the application lends of its database.

use crate::BoxError;

/// The stored events of an application, in a table of its own; given to [`Events::relay`](crate::Events::relay).
///
/// It takes three statements:
///
/// ```
/// use std::collections::BTreeMap;
/// use std::convert::Infallible;
/// use std::sync::{Arc, Mutex};
/// use trunkline::OutboxSource;
///
/// /// A table: `CREATE TABLE outbox (number INTEGER PRIMARY KEY, event BLOB NOT NULL)`.
/// #[derive(Clone, Default)]
/// struct Table(Arc<Mutex<BTreeMap<u64, Vec<u8>>>>);
///
/// impl OutboxSource for Table {
///     type Row = u64;
///     type Error = Infallible;
///
///     // SELECT number, event FROM outbox WHERE number > ? ORDER BY number LIMIT ?
///     async fn page(&self, after: Option<u64>, most: usize) -> Result<Vec<(u64, Vec<u8>)>, Infallible> {
///         let rows = self.0.lock().unwrap();
///         let rows = rows.range(after.map_or(0, |after| after + 1)..).take(most);
///         Ok(rows.map(|(number, event)| (*number, event.clone())).collect())
///     }
///
///     // DELETE FROM outbox WHERE number IN (…)
///     async fn published(&self, rows: Vec<u64>) -> Result<(), Infallible> {
///         self.0.lock().unwrap().retain(|number, _| !rows.contains(number));
///         Ok(())
///     }
///
///     // INSERT INTO refused …; DELETE FROM outbox WHERE number = ?
///     async fn refused(&self, row: u64, reason: String) -> Result<(), Infallible> {
///         eprintln!("event {row}: {reason}");
///         self.published(vec![row]).await
///     }
/// }
/// ```
///
/// **At least once.** A row is published until `published` or `refused` has succeeded for it. Where a process is killed in
/// between, or where two relays read one table, events come twice, under the same id.
pub trait OutboxSource: Send + Sync + 'static {
    /// What names a row and its place: its number.
    type Row: Clone + Send;
    /// Why the database could not do it. It is logged, and tried again.
    type Error: Into<BoxError> + Send;

    /// The oldest rows that are neither published nor refused, at most so many, the oldest first: the bytes are those of
    /// [`Envelope::to_bytes`](crate::Envelope::to_bytes). Only those after this row, which may be gone by now; from the
    /// first on where there is none.
    #[expect(clippy::type_complexity, reason = "a list of pairs")]
    fn page(
        &self,
        after: Option<Self::Row>,
        most: usize,
    ) -> impl Future<Output = Result<Vec<(Self::Row, Vec<u8>)>, Self::Error>> + Send;

    /// These are confirmed: they are not to be on a page again.
    fn published(&self, rows: Vec<Self::Row>) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// This one will never be published, since it has expired, was refused for good or is no event: it is not to be on a page
    /// again, and is the application's to keep.
    fn refused(&self, row: Self::Row, reason: String)
    -> impl Future<Output = Result<(), Self::Error>> + Send;
}
