using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Compute;

/// <summary>Says as JSON lines what a compute verb has to say to the process that started it.</summary>
/// <param name="writer">Where it is printed.</param>
internal sealed class ComputeOutput(TextWriter writer) : IProgress<ReconstructionProgress>
{
    private readonly Lock _turn = new();

    /// <inheritdoc/>
    public void Report(ReconstructionProgress value) =>
        Print(new ComputeLine(ComputeEvent.Progress) { Done = value.Slices, Of = value.Of });

    /// <summary>Runs a verb, prints how it ended and gives its exit code.</summary>
    /// <typeparam name="TResult">What it gives.</typeparam>
    /// <param name="verb">The verb's work.</param>
    /// <param name="json">The codec of the result.</param>
    public int Run<TResult>(Func<Outcome<TResult>> verb, JsonTypeInfo<TResult> json)
    {
        try
        {
            switch (verb())
            {
                case Accepted<TResult> { Value: var result }:
                    Print(new ComputeLine(ComputeEvent.Result) { Result = JsonSerializer.SerializeToElement(result, json) });
                    return ComputeExit.Done;
                case Refused<TResult> refused:
                    Print(new ComputeLine(ComputeEvent.Refused) { Reasons = refused.Reasons });
                    return ComputeExit.Refused;
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
        catch (FaultException fault)
        {
            Print(new ComputeLine(ComputeEvent.Failed) { Reasons = [fault.Reason] });
            return ComputeExit.Failed;
        }
        catch (OperationCanceledException)
        {
            return ComputeExit.Cancelled;
        }
    }

    private void Print(ComputeLine line)
    {
        lock (_turn)
        {
            writer.WriteLine(JsonSerializer.Serialize(line, ComputeLineJson.Default.ComputeLine));
            writer.Flush();
        }
    }
}
