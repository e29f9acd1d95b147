using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Core.Jobs;

/// <summary>Settings of the job queue.</summary>
[SettingsSection("jobs")]
internal sealed record JobOptions
{
    /// <summary>How long jobs that have finished are kept.</summary>
    [Description("How long jobs that succeeded or were cancelled are kept, with their results, workflows and steps.")]
    public TimeSpan KeepFinished { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long dead jobs are kept; until then a person can retry them.</summary>
    [Description("How long dead jobs are kept, at least as long as finished ones; until then they can be retried.")]
    public TimeSpan KeepDead { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long the tick of a schedule is kept.</summary>
    [Description("How long the ticks of schedules are kept.")]
    public TimeSpan KeepTicks { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long a worker that fell silent is listed.</summary>
    [Description("How long a worker that fell silent is listed.")]
    public TimeSpan KeepWorkers { get; init; } = TimeSpan.FromDays(7);

    /// <summary>What a step of priority is worth.</summary>
    [Description("How much waiting a step of priority is worth: a job of priority 1 goes before one of priority 0 that came so much later.")]
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Ageing { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Work pools all of whose queues the worker serves.</summary>
    [Description("Work pools all of whose work queues this program's worker serves.")]
    public IReadOnlyList<string> Pools { get; init; } = ["default"];

    /// <summary>Further queues that the worker serves.</summary>
    [Description("Further work queues that this program's worker serves.")]
    public IReadOnlyList<string> Queues { get; init; } = [];

    /// <summary>What the worker offers.</summary>
    [Description("Labels that this program's worker offers; it claims no job that demands another.")]
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Jobs that the worker runs at once.</summary>
    [Description("Jobs that this program's worker runs at once.")]
    [Range(1, 1000)]
    public int Concurrency { get; init; } = 10;
}
