//! What the driver asks of a ledger that serves, beside appends.

use skillpass::crypto::base64url_encode;
use skillpass::ledger::{
    Audience, Block, ErasureBasis, LedgerKeyEnd, LedgerKeyUse, Operator, Resolution, Role, Share,
    StatusIndexes, escrow_next_generation,
};

use crate::cast::{self, NOW_MS, PROVIDER, box_of, share_name, worker_id};
use crate::driver::{Driver, Failure, again};
use crate::promise::Mark;

impl Driver {
    pub fn allocate(&mut self, count: u32) -> Result<(), Failure> {
        let given = self.ledger()?.allocate_status(PROVIDER, count)?;
        let of = |lot: StatusIndexes| {
            lot.indexes.into_iter().map(move |index| (lot.uri.clone(), u64::from(index))).collect::<Vec<_>>()
        };
        self.mark(Mark::Allocated(given.into_iter().flat_map(of).collect()));
        Ok(())
    }

    pub fn block(&mut self, worker: u64, body: &str) -> Result<(), Failure> {
        let changed = self.ledger()?.change_access(worker_id(worker), |settings| {
            let audience = Audience::Issuer(body.to_owned());
            if !settings.blocks.iter().any(|block| block.audience == audience) {
                settings.blocks.push(Block { audience, by: "holder".into(), since: NOW_MS });
            }
            Ok::<(), ()>(())
        });
        changed.map_err(again)?;
        self.mark(Mark::Blocked { worker, body: body.to_owned() });
        Ok(())
    }

    pub fn operator(&mut self, name: &'static str, named: bool) -> Result<(), Failure> {
        let ledger = self.ledger()?;
        let is_there = ledger.operators().iter().any(|operator| operator.name == name);
        if is_there != named {
            let key = cast::key(name).public();
            let changed = if named {
                ledger.add_operator(Operator { name: name.to_owned(), key, roles: vec![Role::Reader] })
            } else {
                ledger.remove_operator(name)
            };
            changed.map_err(again)?;
        }
        // As it stands: whoever finds the list so need not ask again.
        self.mark(Mark::Operator { name: name.to_owned(), named });
        Ok(())
    }

    pub fn review(&mut self) -> Result<(), Failure> {
        let ledger = self.ledger()?;
        let cases = ledger.reviews(None, true).map_err(again)?;
        let Some(case) = cases.first() else {
            return Err(Failure::Again("the duplicate was not noticed".to_owned()));
        };
        if case.resolution.is_none() {
            ledger.resolve_review(case.id, Resolution::NotTheSame).map_err(again)?;
        }
        self.mark(Mark::Reviewed(case.id));
        Ok(())
    }

    pub fn erase(&mut self, worker: u64) -> Result<(), Failure> {
        let ledger = self.ledger()?;
        match self.runtime.block_on(ledger.erase(worker_id(worker), ErasureBasis::Order)) {
            Ok(acknowledgement) => self.acknowledged(None, &acknowledgement)?,
            // An erasure that was begun is completed at the next start.
            Err(error) if error.reason == "UNKNOWN_WORKER" => {}
            Err(error) => return Err(error.into()),
        }
        self.mark(Mark::Erased { worker });
        Ok(())
    }

    pub fn replace_key(&mut self, log: bool) -> Result<(), Failure> {
        let ledger = self.ledger()?;
        let use_ = if log { LedgerKeyUse::Log } else { LedgerKeyUse::Status };
        let in_force = || {
            let keys = ledger.own_keys().into_iter();
            keys.filter(|key| key.use_ == use_.as_str() && key.ended.is_none()).collect::<Vec<_>>()
        };
        let ended = ledger.own_keys().iter().any(|key| key.use_ == use_.as_str() && key.ended.is_some());
        if in_force().len() < 2 && !ended {
            let (key, acknowledgement) = self.runtime.block_on(ledger.add_own_key(use_))?;
            self.acknowledged(None, &acknowledgement)?;
            self.mark(Mark::OwnKey { kid: key.thumbprint(), in_force: true });
        }
        if let [old, _] = &in_force()[..] {
            let ended = self.runtime.block_on(ledger.end_own_key(&old.kid, LedgerKeyEnd::Retired))?;
            self.acknowledged(None, &ended)?;
            self.mark(Mark::OwnKey { kid: old.kid.clone(), in_force: false });
        }
        self.note_published();
        Ok(())
    }

    pub fn rotate(&mut self) -> Result<(), Failure> {
        let escrow = self.root.join("escrow");
        std::fs::create_dir_all(&escrow).map_err(again)?;
        let copy = escrow_next_generation(&self.dir, &escrow)?;
        let generation = self.ledger()?.rotate_keyring(&copy.digest).map_err(again)?;
        self.mark(Mark::Rotated(generation));
        Ok(())
    }

    /// The box is durable before the settings that name it.
    pub fn share(&mut self, worker: u64, name: u8) -> Result<(), Failure> {
        let (named, boxed) = (share_name(name), box_of(name));
        let share = Share {
            name: base64url_encode(named),
            gate: base64url_encode([name; 32]),
            audience: "a desk".to_owned(),
            kid: "the holder's".to_owned(),
            created_at: 0,
            expires_at: i64::MAX,
            wrong: 0,
        };
        let kept = Some((&named, boxed.as_slice()));
        let changed = self.ledger()?.change_access_with(worker_id(worker), kept, |settings| {
            if !settings.names(&share.name) {
                settings.shares.push(share.clone());
            }
            Ok::<(), ()>(())
        });
        changed.map_err(again)?;
        self.mark(Mark::Shared { worker, name, open: true });
        Ok(())
    }

    pub fn unshare(&mut self, worker: u64, name: u8) -> Result<(), Failure> {
        let named = base64url_encode(share_name(name));
        let changed = self.ledger()?.change_access(worker_id(worker), |settings| {
            settings.shares.retain(|share| share.name != named);
            Ok::<(), ()>(())
        });
        changed.map_err(again)?;
        self.mark(Mark::Shared { worker, name, open: false });
        Ok(())
    }
}
