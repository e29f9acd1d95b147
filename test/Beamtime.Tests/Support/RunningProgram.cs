using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Beamtime.Tests.Support;

/// <summary>The built program as a process of its own, as a user starts it: for tests that kill it.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly Process _process;

    private RunningProgram(Process process, Uri address)
    {
        _process = process;
        Http = new HttpClient { BaseAddress = new Uri(address, "/api/v2/") };
    }

    /// <summary>Speaks to its REST interface.</summary>
    public HttpClient Http { get; }

    /// <summary>The program's file.</summary>
    public static string Path { get; } = System.IO.Path.GetFullPath(
        System.IO.Path.Combine(AppContext.BaseDirectory, "..", "..", "Beamtime", "release", "beamtime"));

    /// <summary>Starts <c>beamtime up</c> and waits until it is ready.</summary>
    public static async Task<RunningProgram> UpAsync(string site, string data, CancellationToken cancel)
    {
        var process = Start("up", "--site", site, "--data", data, "--port", "0", "--json");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        List<string> said = [];
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            said.Add(line);
            if (line.StartsWith("{\"ready\":true", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.ReadToEndAsync(cancel);
                _ = process.StandardError.ReadToEndAsync(cancel);
                return new RunningProgram(process, new Uri(JsonNode.Parse(line)!["address"]!.GetValue<string>()));
            }
        }

        throw new InvalidOperationException(
            $"beamtime up ended: {string.Join('\n', said)}\n{await process.StandardError.ReadToEndAsync(cancel)}");
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int Exit, string Output, string Error)> RunAsync(CancellationToken cancel, params string[] arguments)
    {
        using var process = Start(arguments);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Gets a document.</summary>
    public async Task<JsonNode> GetAsync(string path, CancellationToken cancel) =>
        (await Http.GetFromJsonAsync<JsonNode>(new Uri(path, UriKind.Relative), cancel))!;

    /// <summary>Posts a document and returns the answer, a problem included.</summary>
    public async Task<JsonNode> PostAsync(string path, JsonNode body, CancellationToken cancel)
    {
        using var answer = await Http.PostAsJsonAsync(new Uri(path, UriKind.Relative), body, cancel);
        return (await answer.Content.ReadFromJsonAsync<JsonNode>(cancel))!;
    }

    /// <summary>Asks again and again until a document is as wanted; it is the wait for a signal of another process.</summary>
    public async Task<JsonNode> WaitAsync(string path, Func<JsonNode, bool> isWanted, CancellationToken cancel)
    {
        var began = Stopwatch.StartNew();
        JsonNode? last = null;
        while (began.Elapsed < Patience)
        {
            using var answer = await Http.GetAsync(new Uri(path, UriKind.Relative), cancel);
            if (answer.IsSuccessStatusCode && isWanted(last = (await answer.Content.ReadFromJsonAsync<JsonNode>(cancel))!))
            {
                return last;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancel);
        }

        throw new TimeoutException($"{path} did not become what was wanted: {last?.ToJsonString(JsonSerializerOptions.Web)}");
    }

    /// <summary>Kills the program as a power cut would: no handler runs.</summary>
    public async Task KillAsync(CancellationToken cancel)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancel);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var terminate = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await _process.WaitForExitAsync(limit.Token);
        }

        Http.Dispose();
        _process.Dispose();
    }

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo(Path, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
