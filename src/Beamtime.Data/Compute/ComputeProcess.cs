using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Compute;

/// <summary>
/// Runs a compute verb of this program in a child process: it has libhdf5 to itself, gives way to what measures, and ends
/// with its parent. A bounded number run at once; the others wait in the order of their asking.
/// </summary>
/// <param name="options">How many, and how nice.</param>
internal sealed class ComputeProcess(ComputeOptions options) : IDisposable
{
    private readonly SemaphoreSlim _room = new(options.Concurrency);

    /// <summary>Runs a verb that prints JSON lines and returns its result.</summary>
    /// <typeparam name="TResult">What the verb gives.</typeparam>
    /// <param name="arguments">The verb and its arguments, without <c>--child</c>.</param>
    /// <param name="json">The codec of the result.</param>
    /// <param name="progress">Hears how far it is, or null.</param>
    /// <param name="cancel">Kills the process and waits for its end.</param>
    /// <exception cref="RefusedException">The verb refused; every reason.</exception>
    /// <exception cref="FaultException">The verb failed, or the process died.</exception>
    public async Task<TResult> RunAsync<TResult>(
        IReadOnlyList<string> arguments,
        JsonTypeInfo<TResult> json,
        IProgress<ReconstructionProgress>? progress,
        CancellationToken cancel)
    {
        await _room.WaitAsync(cancel);
        try
        {
            var said = new ChildSpeech(progress);
            var child = await ChildProcess.StartAsync(ProgramCommand.Of(options, [.. arguments, "--child"]), said.Hear);
            int exit;
            await using (cancel.Register(child.Kill))
            {
                exit = await child.Exited;
            }

            cancel.ThrowIfCancellationRequested();
            return Read(arguments, said, exit, json);
        }
        finally
        {
            _room.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _room.Dispose();

    private static TResult Read<TResult>(
        IReadOnlyList<string> arguments, ChildSpeech said, int exit, JsonTypeInfo<TResult> json)
    {
        switch (said.Last)
        {
            case { Event: ComputeEvent.Result, Result: { } result } when exit == ComputeExit.Done:
                return result.Deserialize(json)!;
            case { Event: ComputeEvent.Refused, Reasons: { Count: > 0 } reasons }:
                throw new RefusedException(reasons);
            case { Event: ComputeEvent.Failed, Reasons: [var reason, ..] }:
                throw new FaultException(reason);
            default:
                // 128 and more: ended by a signal, by the kernel for want of memory perhaps. Anything else is a defect.
                var code = exit is > 128 or < 0 ? ComputeErrors.Died : ComputeErrors.Defect;
                throw code.Fault(string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{string.Join(' ', arguments)}' ended with exit code {exit} and no result; it said: {said.Rest}"));
        }
    }
}
