using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Beamtime.Core.Access.SignIns;

namespace Beamtime.Tests.Support;

/// <summary>The built program as a process of its own, as a user starts it: for tests that kill it.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly Dictionary<string, string> NoVariables = [];
    private readonly Process _process;

    private RunningProgram(Process process, JsonNode ready)
    {
        _process = process;
        Ready = ready;
        Uri address = new(ready["address"]!.GetValue<string>());
        Http = new HttpClient { BaseAddress = new Uri(address, "/api/v2/") };
        Http.DefaultRequestHeaders.Authorization = new("Bearer", LocalSignIn.Find(address));
    }

    /// <summary>What it said when it was ready.</summary>
    public JsonNode Ready { get; }

    /// <summary>Speaks to its REST interface, as the operator of this machine.</summary>
    public HttpClient Http { get; }

    /// <summary>The program's file.</summary>
    public static string Path { get; } = System.IO.Path.GetFullPath(
        System.IO.Path.Combine(AppContext.BaseDirectory, "..", "..", "Beamtime", "release", "beamtime"));

    /// <summary>Starts <c>beamtime up</c> and waits until it is ready.</summary>
    public static Task<RunningProgram> UpAsync(string site, string data, CancellationToken cancel) =>
        RunAsync(site, data, NoVariables, cancel, "up");

    /// <summary>Starts a command that runs roles until it is stopped, and waits until it is ready.</summary>
    /// <param name="site">The site.</param>
    /// <param name="data">The data folder.</param>
    /// <param name="variables">Environment variables beside this process's own: DATABASE_URL, REDIS_URL.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="command">The command: <c>serve --roles bundler</c>.</param>
    public static async Task<RunningProgram> RunAsync(
        string site,
        string data,
        IReadOnlyDictionary<string, string> variables,
        CancellationToken cancel,
        params string[] command)
    {
        var process = Start(variables, [.. command, "--site", site, "--data", data, "--port", "0", "--json"]);
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
                return new RunningProgram(process, JsonNode.Parse(line)!);
            }
        }

        throw new InvalidOperationException(
            $"beamtime {command[0]} ended: {string.Join('\n', said)}\n{await process.StandardError.ReadToEndAsync(cancel)}");
    }

    /// <summary>Runs a command to its end.</summary>
    public static Task<(int Exit, string Output, string Error)> RunAsync(CancellationToken cancel, params string[] arguments) =>
        RunAsync(NoVariables, cancel, arguments);

    /// <summary>Runs a command to its end, with environment variables beside this process's own.</summary>
    public static async Task<(int Exit, string Output, string Error)> RunAsync(
        IReadOnlyDictionary<string, string> variables, CancellationToken cancel, params string[] arguments)
    {
        using var process = Start(variables, arguments);
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

    /// <summary>Asks the program to stop, as systemd does, and waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync(CancellationToken cancel)
    {
        using var terminate = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await StopAsync(CancellationToken.None);
        }

        Http.Dispose();
        _process.Dispose();
    }

    private static Process Start(IReadOnlyDictionary<string, string> variables, string[] arguments)
    {
        var start = new ProcessStartInfo(Path, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
