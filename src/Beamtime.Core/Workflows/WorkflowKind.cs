using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Beamtime.Core.Jobs;

namespace Beamtime.Core.Workflows;

/// <summary>
/// A kind of workflow. A change of its steps that a half-finished instance could not go on with is a new version;
/// workers keep the old one registered until its last instance has ended.
/// </summary>
/// <typeparam name="TInput">What an instance is started with.</typeparam>
/// <typeparam name="TResult">What it returns.</typeparam>
/// <param name="Name">Permanent: it stands in the database.</param>
/// <param name="Version">From 1.</param>
/// <param name="InputJson">The codec of the input.</param>
/// <param name="ResultJson">The codec of the result.</param>
/// <param name="Options">
/// How its job is held. The attempts are those without progress: each finished step sets them back.
/// </param>
internal sealed record WorkflowKind<TInput, TResult>(
    string Name, int Version, JsonTypeInfo<TInput> InputJson, JsonTypeInfo<TResult> ResultJson, JobKindOptions Options)
{
    /// <summary>How long an instance may take from its first run, waiting included; null for as long as it likes.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long it may clean up after a cancellation or its timeout, until its end is forced.</summary>
    public TimeSpan CleanUpGrace { get; init; } = WorkflowKinds.UsualGrace;

    /// <summary>The messages that it understands; one of another name is refused.</summary>
    public IReadOnlyList<WorkflowMessage> Messages { get; init; } = [];

    /// <summary>The kind of the job that drives it; only workers that know this version claim it.</summary>
    public JobKind<WorkflowTicket> Job { get; } = new(
        string.Create(CultureInfo.InvariantCulture, $"workflow.{Name}.v{Version}"),
        WorkflowsJson.Default.WorkflowTicket,
        Options);
}

/// <summary>The arguments of a workflow's job: none, for the job's id is the workflow's.</summary>
internal sealed record WorkflowTicket;

/// <summary>The codec of what workflows themselves store as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(WorkflowTicket))]
[JsonSerializable(typeof(Question))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
internal sealed partial class WorkflowsJson : JsonSerializerContext;
