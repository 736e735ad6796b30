//! All clients at once, on one server, until it is gone.

use std::sync::Arc;

use crate::appender::Appender;
use crate::chance::Chance;
use crate::client::Client;
use crate::process::kill_beside;
use crate::scene::Scene;
use crate::{keeper, reader};

/// Clients that outlive the server.
pub struct Clients {
    streams: Vec<Appender>,
    unary: Vec<Appender>,
    /// Where the subscribers go on.
    cursors: Vec<u64>,
    /// Workers whose erasure was not answered.
    untold: Vec<u64>,
    chance: Chance,
}

impl Clients {
    pub fn new(seed: u64) -> Self {
        let appenders =
            |numbers: std::ops::Range<u64>| numbers.map(|client| Appender::new(client, seed)).collect();
        Self {
            streams: appenders(1..4),
            unary: appenders(4..7),
            cursors: vec![0, 0],
            untold: Vec::new(),
            chance: Chance::new(seed ^ 0x6b69_6c6c),
        }
    }

    /// One life of the server.
    pub async fn live(mut self, scene: &Arc<Scene>, url: &str) -> Result<Self, String> {
        let mut seed = || Chance::new(self.chance.next());
        // Before anybody begins: the first may bring about the kill.
        let mut connections = Vec::new();
        for _ in 0..self.streams.len() + 5 {
            connections.push(Client::connect(url).await?);
        }
        let mut connect = || connections.pop().ok_or("more clients than connections");
        let mut streams = Vec::new();
        for one in self.streams {
            let (scene, client) = (Arc::clone(scene), connect()?);
            streams.push(tokio::spawn(async move { one.stream(&scene, &client).await }));
        }
        let (mut unary, client) = (Vec::new(), connect()?);
        for one in self.unary {
            let (scene, client) = (Arc::clone(scene), client.clone());
            unary.push(tokio::spawn(async move { one.unary(&scene, &client).await }));
        }
        let (mut followers, client) = (Vec::new(), connect()?);
        for cursor in self.cursors {
            let (scene, client, chance) = (Arc::clone(scene), client.clone(), seed());
            followers
                .push(tokio::spawn(async move { reader::follow(&scene, &client, chance, cursor).await }));
        }
        let mut others = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let (scene, client, chance) = (Arc::clone(scene), client.clone(), seed());
            others.spawn(async move { reader::read(&scene, &client, chance).await });
        }
        let (its, client, chance) = (Arc::clone(scene), connect()?, seed());
        others.spawn(async move { reader::checkpoints(&its, &client, chance).await });
        let (its, chance) = (Arc::clone(scene), seed());
        others.spawn(async move { keeper::back_up(&its, chance).await });
        let (its, client, chance, url) = (Arc::clone(scene), connect()?, seed(), url.to_owned());
        others.spawn(async move { keeper::rotate(&its, &client, &url, chance).await });
        let (its, client, chance, untold) = (Arc::clone(scene), connect()?, seed(), self.untold);
        let eraser = tokio::spawn(async move { keeper::erase(&its, &client, chance, untold).await });

        let takes_along = self.chance.one_in(2);
        let (mut streaming, mut calling, mut cursors) = (Vec::new(), Vec::new(), Vec::new());
        let ended = async {
            for one in streams {
                streaming.push(one.await.map_err(gone)?);
            }
            for one in unary {
                calling.push(one.await.map_err(gone)?);
            }
            for one in followers {
                cursors.push(one.await.map_err(gone)?);
            }
            let untold = eraser.await.map_err(gone)?;
            while let Some(ended) = others.join_next().await {
                ended.map_err(gone)?;
            }
            Ok::<_, String>(untold)
        };
        let killed = async {
            scene.recorder.killed.notified().await;
            if takes_along {
                kill_beside(scene);
            }
            // What ends it is the clients' end.
            std::future::pending::<Result<Vec<u64>, String>>().await
        };
        let untold = tokio::select! {
            untold = ended => untold?,
            never = killed => never?,
        };
        Ok(Self { streams: streaming, unary: calling, cursors, untold, chance: self.chance })
    }
}

fn gone(error: tokio::task::JoinError) -> String {
    format!("a client panicked: {error}")
}
