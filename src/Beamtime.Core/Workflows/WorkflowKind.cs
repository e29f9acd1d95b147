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
    /// <summary>The kind of the job that drives it; only workers that know this version claim it.</summary>
    public JobKind<WorkflowTicket> Job { get; } = new(
        string.Create(CultureInfo.InvariantCulture, $"workflow.{Name}.v{Version}"),
        WorkflowsJson.Default.WorkflowTicket,
        Options);
}

/// <summary>The arguments of a workflow's job: none, for the job's id is the workflow's.</summary>
internal sealed record WorkflowTicket;

/// <summary>The codec of what workflows themselves store as JSON.</summary>
[JsonSerializable(typeof(WorkflowTicket))]
internal sealed partial class WorkflowsJson : JsonSerializerContext;

/// <summary>A step's name, unique within its workflow, and how often it is tried.</summary>
/// <param name="Name">Permanent: its result is remembered under it.</param>
internal sealed record Step(string Name)
{
    /// <summary>Failures after which it fails the workflow, at least 1.</summary>
    public int MaxFailures { get; init; } = 5;

    /// <summary>The pause between attempts.</summary>
    public Backoff Backoff { get; init; } = Backoff.Usual;

    /// <summary>A step with the usual retries.</summary>
    /// <param name="name">Permanent: its result is remembered under it.</param>
    public static implicit operator Step(string name) => new(name);
}
