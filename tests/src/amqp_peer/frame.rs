//! Frames of AMQP 0-9-1, as far as they are needed here.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The bytes before the first frame.
pub(super) const GREETING: usize = 8;
/// Types of frames.
pub(super) const METHOD: u8 = 1;
pub(super) const HEADER: u8 = 2;
pub(super) const BODY: u8 = 3;
const END: u8 = 0xCE;
/// What a broker offers too.
const LARGEST: u32 = 131_072;

/// One frame that came.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) channel: u16,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    pub(super) async fn read(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let kind = reader.read_u8().await?;
        let channel = reader.read_u16().await?;
        let length = reader.read_u32().await?;
        let mut payload = vec![0; usize::try_from(length.min(LARGEST)).expect("small")];
        reader.read_exact(&mut payload).await?;
        reader.read_u8().await?;
        Ok(Self {
            kind,
            channel,
            payload,
        })
    }

    /// Class and method.
    pub(super) fn method(&self) -> (u16, u16) {
        (self.short(0), self.short(2))
    }

    /// The text at this place, with its length in front.
    pub(super) fn text(&self, place: usize) -> &[u8] {
        let length = usize::from(self.payload[place]);
        &self.payload[place..=place + length]
    }

    /// Of `basic.publish`, where it is behind the exchange.
    pub(super) fn routing_key(&self) -> &[u8] {
        &self.text(6 + self.text(6).len())[1..]
    }

    /// The size of the body that a content header announces.
    pub(super) fn size(&self) -> usize {
        let bytes = self.payload[4..12].try_into().expect("eight bytes");
        usize::try_from(u64::from_be_bytes(bytes)).expect("it fits")
    }

    /// The id among the properties of a content header.
    pub(super) fn message_id(&self) -> String {
        let flags = self.short(12);
        let mut place = 14;
        // From the highest bit: two texts, a table, two bytes, three texts; then the id.
        for bit in (8..16).rev().filter(|bit| flags >> bit & 1 == 1) {
            place += match bit {
                13 => 4 + self.long(place),
                11 | 12 => 1,
                _ => self.text(place).len(),
            };
        }
        let id = if flags >> 7 & 1 == 1 {
            &self.text(place)[1..]
        } else {
            &[]
        };
        String::from_utf8_lossy(id).into_owned()
    }

    fn short(&self, place: usize) -> u16 {
        u16::from_be_bytes([self.payload[place], self.payload[place + 1]])
    }

    fn long(&self, place: usize) -> usize {
        let bytes = self.payload[place..place + 4].try_into().expect("four bytes");
        usize::try_from(u32::from_be_bytes(bytes)).expect("it fits")
    }
}

/// The bytes of a method with these arguments.
pub(super) fn method(channel: u16, (class, method): (u16, u16), arguments: &[u8]) -> Vec<u8> {
    let length = u32::try_from(4 + arguments.len()).expect("small");
    let mut bytes = vec![METHOD];
    bytes.extend(channel.to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes.extend(class.to_be_bytes());
    bytes.extend(method.to_be_bytes());
    bytes.extend(arguments);
    bytes.push(END);
    bytes
}

/// `connection.start`: version, no properties, one mechanism, one locale.
pub(super) fn start() -> Vec<u8> {
    let arguments = [&[0, 9][..], &[0; 4], b"\0\0\0\x05PLAIN", b"\0\0\0\x05en_US"].concat();
    method(0, (10, 10), &arguments)
}

/// `connection.tune`: channels, the largest frame, and a heartbeat after a minute.
pub(super) fn tune() -> Vec<u8> {
    let arguments = [
        &2047_u16.to_be_bytes()[..],
        &LARGEST.to_be_bytes(),
        &60_u16.to_be_bytes(),
    ]
    .concat();
    method(0, (10, 30), &arguments)
}

/// `basic.ack` of one event.
pub(super) fn ack(channel: u16, tag: u64) -> Vec<u8> {
    method(channel, (60, 80), &[&tag.to_be_bytes()[..], &[0]].concat())
}
