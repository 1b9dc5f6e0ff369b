//! The kernel's sockets, replaced by memory: what is left of a call is what happens in this process.
//!
//! The functions below have the names of the C library's, so the linker takes them instead, in this bench alone.
//! Connections are real, to a listener that accepts and never reads; what is sent over one is answered in place, and the
//! poller is told that the answer has come. All the rest goes to the kernel as ever.
//!
//! This is for one thread that drives its connections itself: on others nothing is replaced.

#![expect(unsafe_code, reason = "the C library's functions, by their own signatures")]

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::TcpListener;
use std::os::raw::{c_int, c_long, c_void};
use std::{slice, thread};

use libc::{EPOLL_CTL_ADD, EPOLLIN, EPOLLOUT, epoll_event, iovec, size_t, ssize_t};

use trunkline_benches::Responder;

thread_local! {
    /// `None` while the kernel has its sockets.
    static SOCKETS: RefCell<Option<Sockets>> = const { RefCell::new(None) };
}

/// This thread's connections, in memory.
#[derive(Default)]
struct Sockets {
    connections: HashMap<c_int, Connection>,
    /// Who has an answer that the poller does not know of yet.
    answered: Vec<c_int>,
}

/// One connection.
#[derive(Default)]
struct Connection {
    /// What the poller knows it by.
    token: u64,
    responder: Responder,
    /// What is left to read.
    answer: &'static [u8],
}

/// Replaces the sockets of this thread, from here on, and gives the address to connect to.
///
/// # Panics
/// When there is no loopback interface.
pub(super) fn replace_sockets() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a loopback interface");
    let address = listener.local_addr().expect("it was bound");
    SOCKETS.with_borrow_mut(|sockets| *sockets = Some(Sockets::default()));
    thread::spawn(move || listener.incoming().flatten().collect::<Vec<_>>());
    format!("http://{address}")
}

/// Asks the connection in memory; `None` where there is none, so that the kernel is asked.
fn in_memory<T>(ask: impl FnOnce(&mut Sockets) -> Option<T>) -> Option<T> {
    // While the thread ends there are no thread-locals, nor connections.
    SOCKETS
        .try_with(|sockets| ask(sockets.try_borrow_mut().ok()?.as_mut()?))
        .ok()
        .flatten()
}

fn sent(file: c_int, pieces: &[iovec]) -> Option<usize> {
    in_memory(|sockets| {
        let connection = sockets.connections.get_mut(&file)?;
        let mut length = 0;
        for piece in pieces {
            // SAFETY: whoever sends has said that the memory is there and initialised.
            let bytes = unsafe { slice::from_raw_parts(piece.iov_base.cast::<u8>(), piece.iov_len) };
            length += bytes.len();
            if let Some(answer) = connection.responder.receive(bytes) {
                connection.answer = answer;
                sockets.answered.push(file);
            }
        }
        Some(length)
    })
}

/// The number of bytes; `Err` where nothing is there yet.
fn received(file: c_int, buffer: *mut u8, room: usize) -> Option<Result<usize, ()>> {
    in_memory(|sockets| {
        let connection = sockets.connections.get_mut(&file)?;
        let length = connection.answer.len().min(room);
        if length == 0 {
            return Some(Err(()));
        }
        let (now, later) = connection.answer.split_at(length);
        // SAFETY: whoever reads has said that there is this much room.
        unsafe { buffer.copy_from_nonoverlapping(now.as_ptr(), length) };
        connection.answer = later;
        Some(Ok(length))
    })
}

fn polled(events: &mut [epoll_event]) -> Option<usize> {
    in_memory(|sockets| {
        let Sockets {
            connections,
            answered,
        } = sockets;
        let count = answered.len().min(events.len());
        for (event, file) in events.iter_mut().zip(answered.drain(..count)) {
            let token = connections.get(&file).map_or(0, |connection| connection.token);
            let flags = EPOLLIN | EPOLLOUT;
            *event = epoll_event {
                events: flags.cast_unsigned(),
                u64: token,
            };
        }
        (count > 0).then_some(count)
    })
}

/// Whether the poller looks for more than reading: the eventfd that wakes it does not.
fn registered(file: c_int, event: epoll_event) {
    let flags = event.events;
    if flags & EPOLLOUT.cast_unsigned() == 0 {
        return;
    }
    let token = event.u64;
    let _ = in_memory(|sockets| {
        sockets.connections.insert(
            file,
            Connection {
                token,
                ..Connection::default()
            },
        )
    });
}

fn would_block() -> ssize_t {
    // SAFETY: the address of this thread's `errno` is always valid.
    unsafe { *libc::__errno_location() = libc::EAGAIN };
    -1
}

#[unsafe(no_mangle)]
extern "C" fn send(file: c_int, bytes: *const c_void, length: size_t, flags: c_int) -> ssize_t {
    let piece = iovec {
        iov_base: bytes.cast_mut(),
        iov_len: length,
    };
    match sent(file, &[piece]) {
        Some(length) => length.cast_signed(),
        // SAFETY: the same arguments go on to the kernel; so below.
        None => unsafe {
            kernel(
                libc::SYS_sendto,
                file,
                bytes as usize,
                length,
                c_long::from(flags),
                0,
            )
        },
    }
}

#[unsafe(no_mangle)]
extern "C" fn writev(file: c_int, pieces: *const iovec, count: c_int) -> ssize_t {
    // SAFETY: whoever writes has said that so many pieces are there.
    let all = unsafe { slice::from_raw_parts(pieces, usize::try_from(count).unwrap_or_default()) };
    match sent(file, all) {
        Some(length) => length.cast_signed(),
        None => unsafe { kernel(libc::SYS_writev, file, pieces as usize, all.len(), 0, 0) },
    }
}

#[unsafe(no_mangle)]
extern "C" fn recv(file: c_int, buffer: *mut c_void, room: size_t, flags: c_int) -> ssize_t {
    match received(file, buffer.cast(), room) {
        Some(Ok(length)) => length.cast_signed(),
        Some(Err(())) => would_block(),
        None => unsafe {
            kernel(
                libc::SYS_recvfrom,
                file,
                buffer as usize,
                room,
                c_long::from(flags),
                0,
            )
        },
    }
}

#[unsafe(no_mangle)]
extern "C" fn epoll_ctl(poller: c_int, what: c_int, file: c_int, event: *mut epoll_event) -> c_int {
    // SAFETY: an event that is added is there.
    if let (EPOLL_CTL_ADD, Some(event)) = (what, unsafe { event.as_ref() }) {
        registered(file, *event);
    }
    let file = usize::try_from(file).unwrap_or(usize::MAX);
    let what = usize::try_from(what).unwrap_or_default();
    let answer = unsafe { kernel(libc::SYS_epoll_ctl, poller, what, file, event as c_long, 0) };
    c_int::try_from(answer).unwrap_or(-1)
}

#[unsafe(no_mangle)]
extern "C" fn epoll_wait(poller: c_int, events: *mut epoll_event, most: c_int, timeout: c_int) -> c_int {
    let room = usize::try_from(most).unwrap_or_default();
    // SAFETY: whoever waits has said that there is room for so many events.
    let told = polled(unsafe { slice::from_raw_parts_mut(events, room) });
    let count = match told {
        Some(count) => count.cast_signed(),
        None => unsafe {
            kernel(
                libc::SYS_epoll_pwait,
                poller,
                events as usize,
                room,
                c_long::from(timeout),
                0,
            )
        },
    };
    c_int::try_from(count).unwrap_or(-1)
}

/// The kernel's own function; sets `errno` as the C library does.
///
/// # Safety
/// As the kernel's function wants it.
unsafe fn kernel(
    number: c_long,
    file: c_int,
    second: usize,
    third: usize,
    fourth: c_long,
    rest: c_long,
) -> ssize_t {
    // SAFETY: the caller's.
    let answer = unsafe { libc::syscall(number, c_long::from(file), second, third, fourth, rest, rest) };
    ssize_t::try_from(answer).unwrap_or(-1)
}
