//! The network as the first of several nodes knows it that answers.

use async_trait::async_trait;
use ports::{NetworkGraph, NetworkView, Outcome, OwnChannel};
use std::sync::Arc;

/// All hear of the same network, so one graph is enough. Own channels are those of the first node, from which the chance
/// is told: another's would lead to another payee.
pub struct FirstThatAnswers {
    pub first: Arc<dyn NetworkView>,
    pub others: Vec<Arc<dyn NetworkView>>,
}

#[async_trait]
impl NetworkView for FirstThatAnswers {
    async fn graph(&self) -> Outcome<NetworkGraph> {
        let answer = self.first.graph().await;
        if matches!(answer, Outcome::Done(_)) {
            return answer;
        }
        for other in &self.others {
            if let found @ Outcome::Done(_) = other.graph().await {
                return found;
            }
        }
        answer
    }

    async fn own_channels(&self) -> Outcome<Vec<OwnChannel>> {
        self.first.own_channels().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ids::NodeId;

    /// So many channels, of the network and own ones; or away.
    struct Node(Option<u8>);

    #[async_trait]
    impl NetworkView for Node {
        async fn graph(&self) -> Outcome<NetworkGraph> {
            let Some(channels) = self.0 else { return Outcome::NotSent("away".to_owned()) };
            let mut graph = NetworkGraph::default();
            for other in 0..channels {
                graph.channel(other.into(), [NodeId([2; 33]), NodeId([other + 3; 33])]);
            }
            Outcome::Done(graph)
        }

        async fn own_channels(&self) -> Outcome<Vec<OwnChannel>> {
            let Some(channels) = self.0 else { return Outcome::NotSent("away".to_owned()) };
            let own = |id: u8| OwnChannel { peer: NodeId([2; 33]), short_channel_id: id.into(), inbound_msat: 1 };
            Outcome::Done((0..channels).map(own).collect())
        }
    }

    async fn seen(nodes: [Option<u8>; 3]) -> (Result<usize, String>, Option<usize>) {
        let [first, others @ ..] = nodes.map(|node| Arc::new(Node(node)) as Arc<dyn NetworkView>);
        let view = FirstThatAnswers { first, others: others.into() };
        let graph = match view.graph().await {
            Outcome::Done(graph) => Ok(graph.channels().len()),
            Outcome::Rejected(refusal) => Err(refusal.message),
            Outcome::NotSent(why) | Outcome::Unknown(why) => Err(why),
        };
        (graph, view.own_channels().await.done().map(|own| own.len()))
    }

    #[tokio::test]
    async fn the_graph_is_anybodys_and_the_channels_the_firsts() {
        assert_eq!(seen([Some(1), Some(2), Some(3)]).await, (Ok(1), Some(1)));
        assert_eq!(seen([None, None, Some(3)]).await, (Ok(3), None));
        assert_eq!(seen([None, None, None]).await, (Err("away".to_owned()), None));
    }
}
