using Beamtime.Core.Jobs;

namespace Beamtime.Core.Workflows;

/// <summary>Names one workflow; its job has the same id.</summary>
/// <param name="Value">The id as it stands in the database.</param>
internal readonly record struct WorkflowId(Guid Value)
{
    /// <summary>The job that drives it.</summary>
    public JobId Job => new(Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}
