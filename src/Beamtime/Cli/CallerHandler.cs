using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Cli;

/// <summary>
/// Says who sends a request: by the key of <c>BEAMTIME_API_KEY</c> or its file, by the tokens of <c>beamtime login</c>, or as
/// the account that runs the server on this machine. Where none is there, the server says what to do.
/// </summary>
internal sealed class CallerHandler : DelegatingHandler
{
    private readonly Uri _server;
    private readonly string? _key;
    private readonly SavedSignIn _saved;

    /// <summary>For one server.</summary>
    /// <param name="server">Its address.</param>
    /// <param name="environment">The variables.</param>
    /// <param name="saved">What <c>beamtime login</c> got.</param>
    /// <param name="trust">Whose certificates count.</param>
    public CallerHandler(Uri server, EnvironmentVariables environment, SavedSignIn saved, SslClientAuthenticationOptions trust)
        : base(new SocketsHttpHandler { SslOptions = trust })
    {
        (_server, _saved, _key) = (server, saved, KeyOf(environment));
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Headers.Authorization is not null)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        var token = await TokenAsync(refused: null, cancellationToken);
        var response = await SendAsync(request, token, cancellationToken);
        // The program may have been started again, and a token may have ended early: once more with what counts now.
        if (response.StatusCode == HttpStatusCode.Unauthorized && token is not null
            && await TokenAsync(token, cancellationToken) is { } other && other != token)
        {
            response.Dispose();
            return await SendAsync(request, other, cancellationToken);
        }

        return response;
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string? token, CancellationToken cancel)
    {
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return base.SendAsync(request, cancel);
    }

    private async Task<string?> TokenAsync(string? refused, CancellationToken cancel) =>
        _key ?? await _saved.AccessTokenAsync(refused, base.SendAsync, cancel) ?? LocalSignIn.Find(_server);

    private static string? KeyOf(EnvironmentVariables environment)
    {
        if (environment[EnvironmentVariables.ApiKey] is { } key)
        {
            return key;
        }

        if (environment[EnvironmentVariables.ApiKeyFile] is not { } file)
        {
            return null;
        }

        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(CliErrors.DiskUnusable.Because($"{EnvironmentVariables.ApiKeyFile}: {error.Message}"));
        }
    }
}
