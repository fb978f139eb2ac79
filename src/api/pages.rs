//! Lists: `limit` and `cursor` in, `data` and `next_cursor` out.
//!
//! Lists that the store pages hold the store's cursor, which stays right while entries are added.
//! Short lists that are read whole (accounts, endpoints, services) are cut here, by the name of the
//! last entry shown: an entry that is added or taken away moves no other across the cut. A cursor is
//! bound to its list and its filters: what another list gave out is refused.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rusum_kit::sign::sha256_hex;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    problem::{Problem, words},
    read::{Json, Object, text},
    refusals::invalid_cursor,
};
use crate::{
    fees::Title,
    store::{Cursor, Page},
};

/// How many entries a page has unless asked otherwise.
pub const LIMIT: u32 = 50;
/// How many entries a page has at most.
pub const LARGEST_LIMIT: u32 = 200;

/// How long a cursor may be.
const LONGEST_CURSOR: usize = 12 * 1024;

/// A page as it is answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The entries.
    pub data: Vec<T>,
    /// What to send as `cursor` for the next page; null when this was all there is now.
    pub next_cursor: Option<String>,
}

/// Which part of a list is wanted.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many entries, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50, required = false)]
    pub limit: u32,
    /// `next_cursor` of the page before, with the same filters. Opaque.
    #[param(value_type = Option<String>)]
    pub cursor: String,
    /// What the list is narrowed by, as a digest.
    #[param(ignore)]
    filters: String,
}

impl Paging {
    /// Reads `limit` and `cursor`.
    pub fn read(query: &mut Object<'_>) -> Option<Self> {
        let limit = query.optional("limit", limit)?.unwrap_or(LIMIT);
        let cursor = query.optional("cursor", text(1, LONGEST_CURSOR))?.unwrap_or_default();
        Some(Self { limit, cursor, filters: digest(query) })
    }

    /// The cursor of a list that the store pages.
    pub fn stored(&self, list: &str) -> Result<Cursor, Problem> {
        if self.cursor.is_empty() {
            return Ok(Cursor::START);
        }
        Ok(self.opened(list)?.parse::<Cursor>()?)
    }

    /// A page of the store, each entry shown.
    pub fn page<S, T>(&self, list: &str, page: Page<S>, show: impl Fn(S) -> T) -> List<T> {
        let next_cursor = page.next.map(|cursor| self.sealed(list, &cursor.to_string()));
        List { data: page.items.into_iter().map(show).collect(), next_cursor }
    }

    /// Cuts a list that was read whole and is in the order of `name`, rising.
    pub fn cut<T>(&self, list: &str, all: Vec<T>, name: impl Fn(&T) -> String) -> Result<List<T>, Problem> {
        let after = if self.cursor.is_empty() { None } else { Some(self.opened(list)?) };
        let rest = all.into_iter().filter(|entry| after.as_ref().is_none_or(|after| name(entry) > *after));
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let mut data: Vec<T> = rest.take(limit.saturating_add(1)).collect();
        let more = data.len() > limit;
        data.truncate(limit);
        let next_cursor = data.last().filter(|_| more).map(|last| self.sealed(list, &name(last)));
        Ok(List { data, next_cursor })
    }

    fn sealed(&self, list: &str, place: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{list}\n{}\n{place}", self.filters))
    }

    fn opened(&self, list: &str) -> Result<String, Problem> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.cursor).map_err(|_| invalid_cursor())?;
        let text = String::from_utf8(bytes).map_err(|_| invalid_cursor())?;
        let place = text
            .strip_prefix(list)
            .and_then(|rest| rest.strip_prefix('\n'))
            .and_then(|rest| rest.strip_prefix(self.filters.as_str()))
            .and_then(|rest| rest.strip_prefix('\n'));
        place.map(str::to_owned).ok_or_else(invalid_cursor)
    }
}

/// What a list is narrowed by: every parameter but those of the paging, in a fixed order.
fn digest(query: &Object<'_>) -> String {
    let mut filters: Vec<(&str, &str)> = query
        .pairs()
        .iter()
        .filter(|(name, _)| name != "limit" && name != "cursor")
        .filter_map(|(name, value)| match value {
            Json::Text(text) => Some((name.as_str(), text.as_str())),
            _ => None,
        })
        .collect();
    filters.sort_unstable();
    let parts = filters.iter().flat_map(|(name, value)| [*name, "\n", *value, "\n"]);
    sha256_hex(parts)[..16].to_owned()
}

fn limit(json: &Json) -> Result<u32, Title> {
    let refused = || words("must be a whole number from 1 to 200", "يجب أن يكون عددًا صحيحًا من 1 إلى 200");
    let Json::Text(text) = json else { return Err(refused()) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.filter(|number| (1..=LARGEST_LIMIT).contains(number)).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{codes::Code, read};

    fn paging(pairs: &[(&str, &str)]) -> Result<Paging, Problem> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        read::query(pairs, Paging::read)
    }

    #[test]
    fn the_limit_is_from_1_to_200() {
        assert_eq!(paging(&[]).unwrap().limit, 50);
        assert_eq!(paging(&[("limit", "200")]).unwrap().limit, 200);
        for refused in ["0", "201", "-1", "+5", "1.0", "x", "99999999999", " 1", "٥"] {
            let problem = paging(&[("limit", refused)]).unwrap_err();
            assert_eq!(problem.code, Code::InvalidRequest);
            assert_eq!(problem.faults[0].pointer, "/limit");
        }
        assert!(paging(&[("limit", "1"), ("limit", "2")]).is_err());
        assert_eq!(paging(&[("offset", "1")]).unwrap_err().faults[0].pointer, "/offset");
    }

    #[test]
    fn a_list_that_was_read_whole_is_cut_by_name_and_stays_right_while_entries_are_added() {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let name = String::clone;
        let first = paging(&[("limit", "2")]).unwrap();
        let page = first.cut("words", all(&["b", "d", "f"]), name).unwrap();
        assert_eq!(page.data, ["b", "d"]);
        let cursor = page.next_cursor.unwrap();
        let second = paging(&[("limit", "2"), ("cursor", &cursor)]).unwrap();
        let page = second.cut("words", all(&["a", "b", "c", "d", "e", "f"]), name).unwrap();
        assert_eq!(page.data, ["e", "f"]);
        assert_eq!(page.next_cursor, None);
        assert_eq!(second.cut("others", all(&[]), name).unwrap_err().code, Code::InvalidCursor);
        let nonsense = paging(&[("cursor", "n/a")]).unwrap();
        assert_eq!(nonsense.cut("words", all(&[]), name).unwrap_err().code, Code::InvalidCursor);
    }
}
