using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Database;

namespace Beamtime.Cli;

/// <summary>
/// The tokens that <c>beamtime login</c> got from one server, in a file of mode 0600 among the user's settings. A refresh
/// token counts once, so only the holder of a lock beside the file exchanges it.
/// </summary>
/// <param name="folder">The folder of all such files.</param>
/// <param name="server">The server.</param>
/// <param name="time">The clock.</param>
internal sealed class SavedSignIn(string folder, Uri server, TimeProvider time)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>The folder among the user's settings.</summary>
    public static string UsualFolder { get; } = Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify),
        "beamtime",
        "sign-ins");

    private string File => Path.Combine(
        folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(server.GetLeftPart(UriPartial.Authority))))[..16] + ".json");

    /// <summary>The tokens, or null where this account is not signed in.</summary>
    public SignInTokens? Read()
    {
        try
        {
            return JsonSerializer.Deserialize<SignInTokens>(System.IO.File.ReadAllText(File), BeamtimeClient.Json);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException)
        {
            // Cut by a full disk: signing in writes it anew.
            return null;
        }
    }

    /// <summary>Keeps tokens.</summary>
    /// <param name="tokens">The tokens.</param>
    public void Write(SignInTokens tokens)
    {
        Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        var next = $"{File}.{Environment.ProcessId}";
        System.IO.File.Delete(next);
        using (var file = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        }))
        {
            JsonSerializer.Serialize(file, tokens, BeamtimeClient.Json);
            file.Flush(flushToDisk: true);
        }

        System.IO.File.Move(next, File, overwrite: true);
    }

    /// <summary>Forgets the tokens.</summary>
    public void Remove() => System.IO.File.Delete(File);

    /// <summary>An access token that counts, exchanged for a new one where it is about to expire; null where not signed in.</summary>
    /// <param name="refused">An access token that the server did not take; null for none.</param>
    /// <param name="send">Sends a request to the server.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ProblemException">The server refused the refresh token.</exception>
    public async Task<string?> AccessTokenAsync(
        string? refused, Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send, CancellationToken cancel)
    {
        if (Read() is not { } tokens)
        {
            return null;
        }

        if (Counts(tokens))
        {
            return tokens.AccessToken;
        }

        using var held = await LockAsync(cancel);
        tokens = Read();
        if (tokens is null || Counts(tokens))
        {
            // Another command exchanged it meanwhile, or signed out.
            return tokens?.AccessToken;
        }

        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(server, "/api/v2/auth/refresh"))
        {
            Content = JsonContent.Create(new RefreshRequest(tokens.RefreshToken), options: BeamtimeClient.Json),
        };
        using var response = await send(request, cancel);
        if (response.StatusCode == System.Net.HttpStatusCode.Unauthorized)
        {
            // Nothing of it counts any more.
            Remove();
        }

        await BeamtimeClient.DemandAsync(response, cancel);
        var next = (await response.Content.ReadFromJsonAsync<SignInTokens>(BeamtimeClient.Json, cancel))!;
        Write(next);
        return next.AccessToken;

        bool Counts(SignInTokens present) => present.AccessToken != refused && present.ExpiresAt - time.GetUtcNow() > Margin;
    }

    private async Task<IDisposable> LockAsync(CancellationToken cancel)
    {
        var file = Posix.OpenWithoutLock(File + ".lock", toWrite: true);
        try
        {
            while (!Posix.TryLock(file))
            {
                await Task.Delay(Pause, time, cancel);
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
