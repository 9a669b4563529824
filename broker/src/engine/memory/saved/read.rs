//! Reading saved streams: first whether the file is whole and the last run's, then its records. Nothing is trusted.

use std::io::{self, Read, Seek, SeekFrom};

use fanfare_protocol::StreamName;

use super::record::Fields;
use super::records::{self, Header};
use super::refusal::{ReadError, Refusal, Unfit};
use super::source::Source;
use super::stream::SavedStream;
use super::{CHECKSUM_BYTES, FORMAT, FORMAT_OLDEST, HEADER_BYTES, MAGIC, Tag};
use crate::clock::Moment;
use crate::engine::settings::StreamConfig;

/// What is read at once to sum it up, in bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// What a file held.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// Those that go on.
    pub(crate) streams: Vec<SavedStream>,
    /// Those that the configuration does not let go on.
    pub(crate) left_out: Vec<LeftOut>,
}

/// A stream that does not go on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) name: StreamName,
    pub(crate) messages: u64,
    pub(crate) why: Unfit,
}

/// Reads the file that the run `last_run` saved. `now` counts as the arrival of what it holds.
///
/// # Errors
/// The file can't be read, or must not be used.
pub(crate) fn read(
    mut file: impl Read + Seek,
    last_run: Option<u64>,
    configs: &[StreamConfig],
    now: Moment,
) -> Result<Content, ReadError> {
    let bytes = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let summed = bytes.checked_sub(CHECKSUM_BYTES as u64).ok_or(Refusal::Foreign)?;
    let format = check_header(&mut file, last_run)?;
    file.rewind()?;
    check_sum(&mut file, summed)?;
    file.seek(SeekFrom::Start(HEADER_BYTES as u64))?;
    let left = summed.checked_sub(HEADER_BYTES as u64).ok_or(Refusal::Foreign)?;
    let mut source = Source::new(io::BufReader::with_capacity(CHUNK_BYTES, file), left, format);
    read_streams(&mut source, configs, now)
}

fn check_header(file: &mut impl Read, last_run: Option<u64>) -> Result<u32, ReadError> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    file.take(HEADER_BYTES as u64).read_to_end(&mut header)?;
    let fields = header.strip_prefix(MAGIC).ok_or(Refusal::Foreign)?;
    let mut fields = Fields(fields);
    let format = fields.u32().map_err(|_| Refusal::Damaged)?;
    if !(FORMAT_OLDEST..=FORMAT).contains(&format) {
        return Err(Refusal::OtherFormat(format).into());
    }
    let run = fields.u64().map_err(|_| Refusal::Damaged)?;
    if last_run != Some(run) {
        return Err(Refusal::Stale.into());
    }
    Ok(format)
}

fn check_sum(file: &mut impl Read, summed: u64) -> Result<(), ReadError> {
    let mut checksum = crc32fast::Hasher::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut content = file.by_ref().take(summed);
    loop {
        let read = content.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        checksum.update(chunk.get(..read).unwrap_or_default());
    }
    let mut written = [0; CHECKSUM_BYTES];
    file.read_exact(&mut written)?;
    if u32::from_le_bytes(written) != checksum.finalize() {
        return Err(Refusal::Damaged.into());
    }
    Ok(())
}

fn read_streams<R: Read>(
    source: &mut Source<R>,
    configs: &[StreamConfig],
    now: Moment,
) -> Result<Content, ReadError> {
    let mut content = Content::default();
    loop {
        let (tag, mut fields) = source.next()?;
        if tag == Tag::End {
            let count = fields.u32()?;
            fields.end()?;
            let streams = content.streams.len() + content.left_out.len();
            if source.has_more() || usize::try_from(count) != Ok(streams) {
                return Err(Refusal::Contradiction("it does not end where it says").into());
            }
            return Ok(content);
        }
        let header = records::header(tag, fields)?;
        if content.names().any(|name| *name == header.name) {
            return Err(Refusal::Contradiction("a stream is there twice").into());
        }
        match header.fit(configs) {
            Ok(index) => content.streams.push(records::stream(source, header, index, now)?),
            Err(why) => content.left_out.push(skip(source, &header, why)?),
        }
    }
}

/// Passes over the records of a stream that does not go on.
fn skip<R: Read>(source: &mut Source<R>, header: &Header, why: Unfit) -> Result<LeftOut, ReadError> {
    let records = [u64::from(header.topics), header.messages, header.keys];
    for _ in 0..records.into_iter().fold(0, u64::saturating_add) {
        source.next()?;
    }
    Ok(LeftOut { name: header.name.clone(), messages: header.messages, why })
}

impl Content {
    fn names(&self) -> impl Iterator<Item = &StreamName> {
        let left_out = self.left_out.iter().map(|left_out| &left_out.name);
        self.streams.iter().map(|stream| &stream.name).chain(left_out)
    }
}
