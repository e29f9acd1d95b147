using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Core.Access;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Cli;

/// <summary>Speaks REST to a server, as any client does.</summary>
internal sealed class BeamtimeClient : IDisposable
{
    /// <summary>How bodies are written and read.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private const int Attempts = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private readonly HttpClient _http;

    /// <summary>A client of one server, signed in as far as this account is.</summary>
    /// <param name="server">Its address.</param>
    public BeamtimeClient(Uri server)
    {
        Server = server;
        SignIn = new SavedSignIn(SavedSignIn.UsualFolder, server, TimeProvider.System);
        _http = new HttpClient(new CallerHandler(server, EnvironmentVariables.OfProcess(), SignIn))
        {
            BaseAddress = new Uri(server, "/api/v2/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>The server's address.</summary>
    public Uri Server { get; }

    /// <summary>What <c>beamtime login</c> got from the server.</summary>
    public SavedSignIn SignIn { get; }

    /// <summary>A name as a part of a path.</summary>
    /// <param name="name">What the user wrote.</param>
    /// <exception cref="RefusedException">It cannot be a name.</exception>
    public static string Part(string name) =>
        name.Length > 0 && name.Trim('.').Length > 0 && !name.Any(c => c is '/' or '\\' || char.IsControl(c))
            ? Uri.EscapeDataString(name)
            : throw new RefusedException(CliErrors.Argument.Because($"'{name}' cannot be a name or a number."));

    /// <summary>Gets a document.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="path">Path below <c>/api/v2/</c>.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ProblemException">The server refused or failed.</exception>
    public Task<T> GetAsync<T>(string path, CancellationToken cancel) =>
        SendAsync<T>(new HttpRequestMessage(HttpMethod.Get, path), cancel);

    /// <summary>Gets a document that also comes with status 503, when it says what is down.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="path">Path below <c>/api/v2/</c>.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ProblemException">The server refused or failed.</exception>
    public async Task<T> GetEvenDownAsync<T>(string path, CancellationToken cancel)
    {
        using var response = await _http.GetAsync(path, cancel);
        if (response.StatusCode != System.Net.HttpStatusCode.ServiceUnavailable
            || response.Content.Headers.ContentType?.MediaType == Problem.MediaType)
        {
            await DemandAsync(response, cancel);
        }

        return (await response.Content.ReadFromJsonAsync<T>(Json, cancel))!;
    }

    /// <summary>
    /// Posts a request under a key of its own, so that it can be sent again when the way to the server breaks: the
    /// server carries it out once.
    /// </summary>
    /// <typeparam name="T">What the answer is.</typeparam>
    /// <param name="path">Path below <c>/api/v2/</c>.</param>
    /// <param name="body">The request.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <exception cref="ProblemException">The server refused or failed.</exception>
    public async Task<T> PostAsync<T>(string path, object body, CancellationToken cancel)
    {
        var key = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString();
        for (var attempt = 1; ; attempt++)
        {
            HttpRequestMessage request = new(HttpMethod.Post, path) { Content = JsonContent.Create(body, body.GetType(), null, Json) };
            request.Headers.Add(IdempotentRequests.Header, key);
            try
            {
                return await SendAsync<T>(request, cancel);
            }
            catch (HttpRequestException broken) when (attempt < Attempts && (attempt > 1 || IsCutOff(broken)))
            {
                // It may have arrived; the key tells the server that it is the same.
            }
            catch (ProblemException problem) when (attempt < Attempts && problem.Problem.Type == IdempotencyErrors.Running.Code)
            {
                // An earlier attempt is being carried out.
            }

            await Task.Delay(Pause, TimeProvider.System, cancel);
        }
    }

    // Nobody at the address at all is said at once.
    private static bool IsCutOff(HttpRequestException broken) =>
        broken.StatusCode is null && broken.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError);

    /// <summary>Posts a request whose answer has no body.</summary>
    /// <param name="path">Path below <c>/api/v2/</c>.</param>
    /// <param name="body">The request.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <exception cref="ProblemException">The server refused or failed.</exception>
    public async Task PostAsync(string path, object body, CancellationToken cancel)
    {
        using var content = JsonContent.Create(body, body.GetType(), null, Json);
        using var response = await _http.PostAsync(path, content, cancel);
        await DemandAsync(response, cancel);
    }

    /// <summary>Deletes something.</summary>
    /// <typeparam name="T">What the answer is.</typeparam>
    /// <param name="path">Path below <c>/api/v2/</c>.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <exception cref="ProblemException">The server refused or failed.</exception>
    public Task<T> DeleteAsync<T>(string path, CancellationToken cancel) =>
        SendAsync<T>(new HttpRequestMessage(HttpMethod.Delete, path), cancel);

    /// <summary>Puts something where it is to be; put again it is the same.</summary>
    /// <typeparam name="T">What the answer is.</typeparam>
    /// <param name="path">Path below <c>/api/v2/</c>.</param>
    /// <param name="body">What is put.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <exception cref="ProblemException">The server refused or failed.</exception>
    public Task<T> PutAsync<T>(string path, object body, CancellationToken cancel) => SendAsync<T>(
        new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(body, body.GetType(), null, Json) }, cancel);

    /// <summary>Follows server-sent events until cancelled or the server ends them.</summary>
    /// <typeparam name="T">What an event carries.</typeparam>
    /// <param name="path">Path below <c>/api/v2/</c>.</param>
    /// <param name="connected">Called once the server answers; what happens afterwards is seen.</param>
    /// <param name="seen">Takes an event.</param>
    /// <param name="cancel">Ends following.</param>
    public async Task FollowAsync<T>(string path, Action connected, Action<T> seen, CancellationToken cancel)
    {
        using var response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancel);
        await DemandAsync(response, cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        connected();
        await foreach (var item in SseParser.Create(stream, (_, data) => JsonSerializer.Deserialize<T>(data, Json)!)
            .EnumerateAsync(cancel))
        {
            seen(item.Data);
        }
    }

    /// <summary>Reads an answer of lines as they come.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">Path below <c>/api/v2/</c>.</param>
    /// <param name="line">Takes a line with its line feed; one that was cut off has none.</param>
    /// <param name="cancel">Ends reading.</param>
    /// <exception cref="ProblemException">The server refused or failed.</exception>
    public async Task ReadLinesAsync(
        HttpMethod method, string path, Func<ReadOnlyMemory<byte>, Task> line, CancellationToken cancel)
    {
        using HttpRequestMessage request = new(method, path);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        await DemandAsync(response, cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        await foreach (var read in LineReader.ReadAsync(stream, cancel))
        {
            await line(read);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<T> SendAsync<T>(HttpRequestMessage request, CancellationToken cancel)
    {
        using (request)
        {
            using var response = await _http.SendAsync(request, cancel);
            await DemandAsync(response, cancel);
            return (await response.Content.ReadFromJsonAsync<T>(Json, cancel))!;
        }
    }

    /// <summary>Demands that a request succeeded.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ProblemException">The server refused or failed.</exception>
    public static async Task DemandAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        throw response.Content.Headers.ContentType?.MediaType == Problem.MediaType
            ? new ProblemException((await response.Content.ReadFromJsonAsync<Problem>(Json, cancel))!)
            : new HttpRequestException($"The server answered {(int)response.StatusCode}.", null, response.StatusCode);
    }
}

/// <summary>The server refused a request or failed.</summary>
/// <param name="problem">Its answer.</param>
internal sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    /// <summary>The server's answer.</summary>
    public Problem Problem => problem;
}
