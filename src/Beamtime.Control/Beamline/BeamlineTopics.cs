using Beamtime.Core.Topics;

namespace Beamtime.Control.Beamline;

/// <summary>Asks what the beamline's enclosures, shutters and permits say.</summary>
internal sealed record BeamlineQuestion;

/// <summary>Where the beamline is asked about; the scan server answers.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class BeamlineTopics(TopicHub hub, string beamline)
{
    /// <summary>How long an answer may take.</summary>
    public static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(10);

    /// <summary>The questions.</summary>
    public RequestTopic<BeamlineQuestion, BeamlineAnswer> Questions { get; } =
        hub.Open(new RequestDeclaration<BeamlineQuestion, BeamlineAnswer>(
            $"{beamline}.beamline-questions",
            64,
            BeamlineJson.Default.BeamlineQuestion,
            BeamlineJson.Default.BeamlineAnswer,
            "beamline.read"));

    /// <summary>What is asked about beamline states and the interlock.</summary>
    public RequestTopic<StateCommand, StatesAnswer> StateCommands { get; } =
        hub.Open(new RequestDeclaration<StateCommand, StatesAnswer>(
            $"{beamline}.state-commands", 64, StateJson.Default.StateCommand, StateJson.Default.StatesAnswer, "beamline.change"));
}

/// <summary>Answers what is asked about the beamline.</summary>
internal sealed class BeamlineReception(BeamlineDescription beamline, PermitWatch watch, BeamlineTopics topics)
{
    /// <summary>Answers until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public Task RunAsync(CancellationToken cancel) => topics.Questions.ServeAsync(
        (_, _) => ValueTask.FromResult(new BeamlineAnswer(
            beamline.IsDescribed,
            [.. watch.Enclosures.Select(PermitAnswer.Of)],
            [.. watch.Beam.Select(PermitAnswer.Of)],
            beamline.Staleness.TotalSeconds)),
        cancel);
}
