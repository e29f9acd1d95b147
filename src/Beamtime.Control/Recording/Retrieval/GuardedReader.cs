using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Recording.Retrieval;

/// <summary>Reads files of scans in a child process, which a damaged file may end without harm.</summary>
/// <param name="program">Program and arguments of the reader.</param>
/// <param name="time">The clock.</param>
internal sealed class GuardedReader(IReadOnlyList<string> program, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    // Who holds the turn has the child.
    private readonly SemaphoreSlim _turn = new(1);
    private Process? _child;
    private long _lastUse;

    /// <summary>How this program starts itself as a reader.</summary>
    public static IReadOnlyList<string> Itself
    {
        get
        {
            var path = Environment.ProcessPath;
            return Path.GetFileNameWithoutExtension(path) switch
            {
                "beamtime" => [path!, FileReader.Verb],
                "dotnet" => [path!, Path.Combine(AppContext.BaseDirectory, "beamtime.dll"), FileReader.Verb],
                _ => [Path.Combine(AppContext.BaseDirectory, "beamtime"), FileReader.Verb],
            };
        }
    }

    /// <summary>The reader's process id; null while there is none.</summary>
    public int? ProcessId => _child is { HasExited: false } child ? child.Id : null;

    /// <summary>Points.</summary>
    /// <param name="question">Which.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">There is no file.</exception>
    /// <exception cref="FaultException">The file cannot be read, or the reader died of it.</exception>
    public async ValueTask<PointPage> ReadAsync(PointQuestion question, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            var line = await AskAsync(JsonSerializer.Serialize(question, ReaderJson.Default.PointQuestion), question.Prefix, cancel);
            return JsonSerializer.Deserialize(line, ReaderJson.Default.ReaderLine) switch
            {
                { Page: { } page } => page,
                { Refused: { } reason } => throw new RefusedException(reason),
                { Failed: { } reason } => throw new FaultException(reason),
                _ => throw new UnreachableException(),
            };
        }
        finally
        {
            _lastUse = time.GetTimestamp();
            _turn.Release();
        }
    }

    /// <summary>Ends the reader whenever nobody has asked for a while, until cancelled.</summary>
    /// <param name="cancel">Ends the loop, and the reader.</param>
    public async Task TendAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Idle / 4, time, cancel);
                if (await _turn.WaitAsync(TimeSpan.Zero, CancellationToken.None))
                {
                    if (_child is not null && time.GetElapsedTime(_lastUse) >= Idle)
                    {
                        End();
                    }

                    _turn.Release();
                }
            }
        }
        finally
        {
            await _turn.WaitAsync(CancellationToken.None);
            End();
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _turn.Dispose();
    }

    // An answer that nobody waits for would be taken for the next one: the reader ends with it.
    private async Task<string> AskAsync(string question, string name, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(Deadline, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            var child = _child is { HasExited: false } running ? running : _child = Begin();
            await child.StandardInput.WriteLineAsync(question.AsMemory(), limit.Token);
            await child.StandardInput.FlushAsync(limit.Token);
            if (await child.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                return line;
            }

            await child.WaitForExitAsync(limit.Token);
            throw RecordingErrors.ReaderDied.Fault(string.Create(
                CultureInfo.InvariantCulture, $"The reader ended with exit code {child.ExitCode} when it was to read {name}."));
        }
        catch (IOException broken)
        {
            End();
            throw RecordingErrors.ReaderDied.Fault($"The reader was gone when it was to read {name}: {broken.Message}", broken);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            End();
            throw RecordingErrors.ReaderDied.Fault($"The reader did not read {name} within {Deadline.TotalSeconds:0} s.");
        }
        catch
        {
            End();
            throw;
        }
    }

    private Process Begin()
    {
        End();
        try
        {
            return Process.Start(new ProcessStartInfo(program[0], program.Skip(1))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw RecordingErrors.ReaderDied.Fault($"{program[0]} cannot be started: {error.Message}", error);
        }
    }

    private void End()
    {
        if (_child is { } child)
        {
            _child = null;
            if (!child.HasExited)
            {
                child.Kill();
            }

            child.Dispose();
        }
    }
}
