//! Combinations of what a service declares for which it publishes no price. They are refused when
//! they are asked for; here they are a warning, because a choice may be meant for one channel only.
//!
//! Numbers are tried at the edges of every condition and band. Bounded: beyond
//! [`LIMIT_COMBINATIONS`] the service is not tried.

use crate::fees::{
    Channel,
    notes::Notes,
    quote::Facts,
    schedule::{ALL_GOVERNORATES, Allowed, LIMIT_OPTIONS, Service, Shape},
};

/// Combinations of a service that are tried, at most.
const LIMIT_COMBINATIONS: usize = 50_000;

pub(super) fn check(notes: &mut Notes<'_>, service: &Service) {
    let channels: Vec<usize> = (0..6).filter(|place| service.channels >> place & 1 == 1).collect();
    let deliveries: Vec<Option<usize>> = match service.deliveries.len() {
        0 => vec![None],
        count => (0..count).map(Some).collect(),
    };
    let governorates = governorates(service);
    let values: Vec<Vec<i64>> = (0..service.options.len()).map(|place| edges(service, place)).collect();
    let quantity = service.unit.as_ref().map_or(1, |unit| unit.default);
    let options = values.iter().try_fold(1_usize, |product, list| product.checked_mul(list.len()));
    let heads = channels.len() * deliveries.len() * governorates.len();
    if options.and_then(|product| product.checked_mul(heads)).is_none_or(|all| all > LIMIT_COMBINATIONS) {
        return;
    }
    for &channel in &channels {
        for &delivery in &deliveries {
            for &governorate in &governorates {
                let mut facts = Facts::bare(channel, governorate, delivery, quantity);
                let mut chosen = [0; LIMIT_OPTIONS];
                if let Some(without) = unpriced(service, &values, 0, &mut facts, &mut chosen) {
                    let mut said = vec![format!("channel {}", Channel::ALL[channel])];
                    said.extend(delivery.map(|place| format!("delivery {}", service.deliveries[place].code)));
                    said.extend(without);
                    let message = format!("{} publishes no price for {}", service.code, said.join(", "));
                    let remedy = "add a line for it, unless it is meant to be refused";
                    notes.warning(service.spot, message, remedy);
                    return;
                }
            }
        }
    }
}

/// The first combination of the options from `place` on for which no line applies, in words.
fn unpriced(
    service: &Service,
    values: &[Vec<i64>],
    place: usize,
    facts: &mut Facts<'_>,
    chosen: &mut [i64; LIMIT_OPTIONS],
) -> Option<Vec<String>> {
    let Some(option) = service.options.get(place) else {
        let is_priced = service.lines.iter().any(|line| facts.charges(line));
        return (!is_priced).then(|| words(service, facts, chosen));
    };
    if !facts.meets(&option.when) {
        facts.forget(place);
        return unpriced(service, values, place + 1, facts, chosen);
    }
    values[place].iter().find_map(|&value| {
        chosen[place] = value;
        facts.tell(place, value);
        unpriced(service, values, place + 1, facts, chosen)
    })
}

fn words(service: &Service, facts: &Facts<'_>, chosen: &[i64; LIMIT_OPTIONS]) -> Vec<String> {
    let told = service.options.iter().enumerate().filter(|(place, _)| facts.value(*place).is_some());
    told.map(|(place, option)| format!("{} {}", option.code, option.shape.written(chosen[place]))).collect()
}

/// One governorate where none matters; otherwise all.
fn governorates(service: &Service) -> Vec<usize> {
    let offered = (0..28).filter(|place| service.governorates[*place].is_some());
    let lines = service.lines.iter().map(|line| &line.when);
    let matters = lines
        .chain(service.options.iter().map(|option| &option.when))
        .any(|when| when.governorates != ALL_GOVERNORATES);
    if matters { offered.collect() } else { offered.take(1).collect() }
}

/// The values of an option at which something may change.
fn edges(service: &Service, place: usize) -> Vec<i64> {
    let (least, most) = match &service.options[place].shape {
        Shape::Choice(choices) => return (0..i64::try_from(choices.len()).unwrap_or(0)).collect(),
        Shape::Integer(least, most) | Shape::Amount(least, most) => (*least, *most),
    };
    let mut edges = vec![least, most];
    let conditions = service.lines.iter().map(|line| &line.when);
    for when in conditions.chain(service.options.iter().map(|option| &option.when)) {
        for (option, allowed) in &when.options {
            if let (true, Allowed::Range(from, to)) = (*option == place, allowed) {
                edges.extend([*from, from.saturating_sub(1), *to, to.saturating_add(1)]);
            }
        }
    }
    edges.retain(|edge| (least..=most).contains(edge));
    edges.sort_unstable();
    edges.dedup();
    edges
}
