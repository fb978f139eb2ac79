//! What a condition leaves open of all that can be asked of a service: the ground of the checks for
//! lines that can never apply and for bands that do not cover what they must.

use crate::fees::schedule::{Allowed, Condition, Per, Price, Service, Shape, Tariff};

/// What is left open.
pub(super) struct Domain {
    channels: u8,
    deliveries: u32,
    governorates: u32,
    quantity: (u32, u32),
    options: Vec<Allowed>,
}

impl Domain {
    /// Everything that can be asked of a service.
    fn whole(service: &Service) -> Self {
        let deliveries = service.deliveries.len();
        let governorates = service.governorates.iter().enumerate();
        Self {
            channels: service.channels,
            deliveries: if deliveries == 0 { u32::MAX } else { u32::MAX >> (32 - deliveries.min(32)) },
            governorates: governorates
                .filter(|(_, start)| start.is_some())
                .fold(0, |set, (n, _)| set | 1 << n),
            quantity: service.unit.as_ref().map_or((1, 1), |unit| (unit.min, unit.max)),
            options: service.options.iter().map(|option| whole_shape(&option.shape)).collect(),
        }
    }

    /// What a line's condition leaves open, and those of the options that the line needs.
    pub(super) fn of_line(service: &Service, tariff: &Tariff) -> Result<Self, String> {
        let mut needed: u32 = 0;
        if let Price::Bands(place, _) | Price::Percentage(place, _) = tariff.price {
            needed |= 1 << place;
        }
        if let Per::Option(place) = tariff.per {
            needed |= 1 << place;
        }
        Self::narrowed(service, &tariff.when, needed)
    }

    /// What a condition leaves open, with the conditions of the options it needs; or the name of
    /// the first thing for which nothing is left.
    pub(super) fn narrowed(service: &Service, condition: &Condition, needed: u32) -> Result<Self, String> {
        let mut domain = Self::whole(service);
        let mut needed = needed | domain.narrow(service, condition)?;
        // An option's condition refers to earlier options only: one walk backwards meets them all.
        for (place, option) in service.options.iter().enumerate().rev() {
            if needed >> place & 1 == 1 {
                needed |= domain.narrow(service, &option.when)?;
            }
        }
        Ok(domain)
    }

    /// Narrows by one condition; gives the options it refers to.
    fn narrow(&mut self, service: &Service, condition: &Condition) -> Result<u32, String> {
        let empty = |name: &str| Err(name.to_owned());
        self.channels &= condition.channels;
        self.deliveries &= condition.deliveries;
        self.governorates &= condition.governorates;
        let (least, most) = condition.quantity;
        self.quantity = (self.quantity.0.max(least), self.quantity.1.min(most));
        if self.channels == 0 {
            return empty("channel");
        }
        if self.deliveries == 0 {
            return empty("delivery");
        }
        if self.governorates == 0 {
            return empty("governorate");
        }
        if self.quantity.0 > self.quantity.1 {
            return empty("quantity");
        }
        let mut referred = 0;
        for (place, allowed) in &condition.options {
            referred |= 1 << place;
            let left = both(self.options[*place], *allowed);
            if matches!(left, Allowed::Choices(0)) || matches!(left, Allowed::Range(from, to) if from > to) {
                return empty(&service.options[*place].code);
            }
            self.options[*place] = left;
        }
        Ok(referred)
    }

    /// The values left open for a numeric option.
    pub(super) fn range(&self, place: usize) -> (i64, i64) {
        match self.options[place] {
            Allowed::Range(from, to) => (from, to),
            Allowed::Choices(_) => (0, 0),
        }
    }

    /// The greatest quantity left open.
    pub(super) const fn most_units(&self) -> u32 {
        self.quantity.1
    }
}

fn whole_shape(shape: &Shape) -> Allowed {
    match shape {
        Shape::Choice(choices) => Allowed::Choices(u64::MAX >> (64 - choices.len().clamp(1, 64))),
        Shape::Integer(from, to) | Shape::Amount(from, to) => Allowed::Range(*from, *to),
    }
}

fn both(a: Allowed, b: Allowed) -> Allowed {
    match (a, b) {
        (Allowed::Choices(a), Allowed::Choices(b)) => Allowed::Choices(a & b),
        (Allowed::Range(a, b), Allowed::Range(c, d)) => Allowed::Range(a.max(c), b.min(d)),
        (Allowed::Choices(_), Allowed::Range(..)) | (Allowed::Range(..), Allowed::Choices(_)) => {
            Allowed::Choices(0)
        }
    }
}
