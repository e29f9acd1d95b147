using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Compute;

/// <summary>Prints what a compute verb has to say: JSON lines for a program, plain lines for a person.</summary>
/// <param name="writer">Where it is printed.</param>
/// <param name="isJson">Whether a program reads it.</param>
internal sealed class ComputeOutput(TextWriter writer, bool isJson) : IProgress<ReconstructionProgress>
{
    private readonly Lock _turn = new();
    private int _lastTenth;

    /// <inheritdoc/>
    public void Report(ReconstructionProgress value)
    {
        lock (_turn)
        {
            if (isJson)
            {
                Print(new ComputeLine(ComputeEvent.Progress) { Done = value.Slices, Of = value.Of });
            }
            else if (value.Slices * 10 / value.Of > _lastTenth)
            {
                _lastTenth = value.Slices * 10 / value.Of;
                writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value.Slices} of {value.Of} slices"));
            }
        }
    }

    /// <summary>Runs a verb, prints how it ended and gives its exit code.</summary>
    /// <typeparam name="TResult">What it gives.</typeparam>
    /// <param name="verb">The verb's work.</param>
    /// <param name="json">The codec of the result.</param>
    /// <param name="words">The result in words.</param>
    public int Run<TResult>(Func<Outcome<TResult>> verb, JsonTypeInfo<TResult> json, Func<TResult, string> words)
    {
        try
        {
            switch (verb())
            {
                case Accepted<TResult> { Value: var result }:
                    End(new ComputeLine(ComputeEvent.Result) { Result = JsonSerializer.SerializeToElement(result, json) }, words(result));
                    return ComputeExit.Done;
                case Refused<TResult> refused:
                    End(new ComputeLine(ComputeEvent.Refused) { Reasons = refused.Reasons }, Words(refused.Reasons));
                    return ComputeExit.Refused;
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
        catch (FaultException fault)
        {
            End(new ComputeLine(ComputeEvent.Failed) { Reasons = [fault.Reason] }, Words([fault.Reason]));
            return ComputeExit.Failed;
        }
        catch (OperationCanceledException)
        {
            return ComputeExit.Cancelled;
        }
    }

    private static string Words(IReadOnlyList<Reason> reasons) =>
        string.Join('\n', reasons.Select(r => $"{r.Code}: {r.Message}\n  {r.Remedy}"));

    private void End(ComputeLine line, string words)
    {
        lock (_turn)
        {
            if (isJson)
            {
                Print(line);
            }
            else
            {
                writer.WriteLine(words);
            }
        }
    }

    private void Print(ComputeLine line)
    {
        writer.WriteLine(JsonSerializer.Serialize(line, ComputeLineJson.Default.ComputeLine));
        writer.Flush();
    }
}
