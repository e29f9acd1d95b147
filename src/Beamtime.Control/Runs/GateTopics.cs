using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Runs;

/// <summary>Asks whether a plan may run now.</summary>
/// <param name="Plan">The plan's name; null for everything that is described.</param>
internal sealed record GateQuestion(string? Plan);

/// <summary>Where the gate is asked; the scan server answers.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class GateTopics(TopicHub hub, string beamline)
{
    /// <summary>The questions.</summary>
    public RequestTopic<GateQuestion, GateAnswer> Questions { get; } = hub.Open(new RequestDeclaration<GateQuestion, GateAnswer>(
        $"{beamline}.gate-questions", 64, GateJson.Default.GateQuestion, GateJson.Default.GateAnswer, "gate.read"));
}

/// <summary>Answers what is asked of the gate.</summary>
internal sealed class GateReception(GateKeeper keeper, GateTopics topics)
{
    /// <summary>Answers until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public Task RunAsync(CancellationToken cancel) => topics.Questions.ServeAsync(
        (question, _) => ValueTask.FromResult(GateAnswer.Of(keeper.See(question.Plan).OrThrow())), cancel);
}
