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

    /// <summary>All beamline states, whenever the status of one is another.</summary>
    public Topic<BeamlineStates> States { get; } = hub.Open(new TopicDeclaration<BeamlineStates>(
        $"{beamline}.beamline-states", 256, StateJson.Default.BeamlineStates, "beamline.read"));
}

/// <summary>All beamline states at one time.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="States">The states, by name.</param>
internal sealed record BeamlineStates(DateTimeOffset At, IReadOnlyList<StateAnswer> States);

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
