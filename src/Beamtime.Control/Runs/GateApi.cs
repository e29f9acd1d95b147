using System.Text.Json.Serialization;
using Beamtime.Control.Beamline;
using Beamtime.Core.Access;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Runs;

/// <summary>The gate's answer as REST tells it.</summary>
/// <param name="Plan">The plan's name.</param>
/// <param name="IsOpen">True when nothing speaks against it.</param>
/// <param name="Reasons">Every reason against it.</param>
/// <param name="Requirement">Whether the plan needs beam.</param>
/// <param name="Enclosures">The enclosures that it needs.</param>
/// <param name="Beam">Shutters and permits of the beam.</param>
/// <param name="Drives">Devices that it drives itself.</param>
/// <param name="Devices">Devices that it needs.</param>
internal sealed record GateAnswer(
    string Plan,
    bool IsOpen,
    IReadOnlyList<Reason> Reasons,
    BeamRequirement Requirement,
    IReadOnlyList<PermitAnswer> Enclosures,
    IReadOnlyList<PermitAnswer> Beam,
    IReadOnlyCollection<string> Drives,
    IReadOnlyList<NeededDevice> Devices)
{
    /// <summary>The answer to what was seen.</summary>
    /// <param name="seen">What was seen.</param>
    public static GateAnswer Of(GateSnapshot seen)
    {
        var reasons = Gate.Judge(seen);
        return new GateAnswer(
            seen.Plan,
            reasons.Count == 0,
            reasons,
            seen.Requirement,
            [.. seen.Enclosures.Select(PermitAnswer.Of)],
            [.. seen.Beam.Select(PermitAnswer.Of)],
            seen.Drives,
            seen.Devices);
    }
}

/// <summary>The gate over REST.</summary>
internal static class GateApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of the gate.</summary>
        public IEndpointRouteBuilder MapGate()
        {
            routes.MapGet("/gate", AskAsync).RequirePermission("gate.read")
                .WithSummary("Whether a plan may run now, with every reason against it")
                .Produces<GateAnswer>();
            return routes;
        }
    }

    private static async Task<IResult> AskAsync(GateTopics topics, CancellationToken cancel, string? plan = null) =>
        TypedResults.Ok(await topics.Questions.AskAsync(new GateQuestion(plan), BeamlineTopics.AnswerDeadline, cancel));
}

/// <summary>JSON of the gate.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GateAnswer))]
[JsonSerializable(typeof(GateQuestion))]
internal sealed partial class GateJson : JsonSerializerContext;
