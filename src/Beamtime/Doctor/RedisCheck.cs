using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Beamtime.Core.Settings;

namespace Beamtime.Doctor;

/// <summary>The Redis server that topics of roles apart lie on: whether it answers, how old it is, and whether it forgets.</summary>
internal static class RedisCheck
{
    private const int UsualPort = 6379;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);
    private static readonly Version Oldest = new(6, 2);

    /// <summary>Tries the server, where one is set.</summary>
    /// <param name="environment">The variables.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<Finding>> OfAsync(EnvironmentVariables environment, CancellationToken cancel)
    {
        if (environment[EnvironmentVariables.RedisUrl] is not { } url)
        {
            return [Finding.Ok("Redis", "not set: topics are in process")];
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Deadline);
        try
        {
            return await AskAsync(new Uri(url), limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return [Finding.Fail("Redis", DoctorErrors.RedisFails, "no answer within 5 s")];
        }
        catch (Exception error) when (error is IOException or SocketException or UriFormatException or InvalidDataException
            or System.Security.Authentication.AuthenticationException)
        {
            return [Finding.Fail("Redis", DoctorErrors.RedisFails, error.Message)];
        }
    }

    private static async Task<IReadOnlyList<Finding>> AskAsync(Uri url, CancellationToken cancel)
    {
        await using var stream = await ConnectAsync(url, cancel);
        if (url.UserInfo.Length > 0)
        {
            var login = url.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString).ToArray();
            await SayAsync(stream, ["AUTH", .. login.Where(w => w.Length > 0)], cancel);
        }

        await SayAsync(stream, ["PING"], cancel);
        var server = Fields(await SayAsync(stream, ["INFO", "server"], cancel));
        var memory = Fields(await SayAsync(stream, ["INFO", "memory"], cancel));
        var kept = Fields(await SayAsync(stream, ["INFO", "persistence"], cancel));
        var version = server.GetValueOrDefault("redis_version", "0.0");
        var policy = memory.GetValueOrDefault("maxmemory_policy", "unknown");
        var limit = memory.GetValueOrDefault("maxmemory_human", "unknown");
        return
        [
            Version.TryParse(version, out var parsed) && parsed >= Oldest
                ? Finding.Ok("Redis", $"version {version} answers")
                : Finding.Fail("Redis", DoctorErrors.RedisOld, $"version {version}"),
            policy == "noeviction"
                ? Finding.Ok("Redis's memory", $"maxmemory-policy {policy}, maxmemory {limit}")
                : Finding.Fail("Redis's memory", DoctorErrors.RedisEvicts, $"maxmemory-policy {policy}, maxmemory {limit}"),
            Finding.Ok("Redis's persistence", kept.GetValueOrDefault("aof_enabled") == "1" ? "append-only file" : "snapshots only: what is lost is refilled from the spools"),
        ];
    }

    private static async Task<Stream> ConnectAsync(Uri url, CancellationToken cancel)
    {
        var isSocket = url.Scheme is "unix" or "redis+unix";
        var socket = isSocket
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (isSocket)
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(url.AbsolutePath), cancel);
            }
            else
            {
                await socket.ConnectAsync(url.Host, url.Port > 0 ? url.Port : UsualPort, cancel);
            }

            var plain = new NetworkStream(socket, ownsSocket: true);
            if (url.Scheme != "rediss")
            {
                return plain;
            }

            var secure = new SslStream(plain);
            await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = url.Host }, cancel);
            return secure;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<string> SayAsync(Stream stream, IReadOnlyList<string> words, CancellationToken cancel)
    {
        var command = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{words.Count}\r\n");
        foreach (var word in words)
        {
            command.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(command.ToString()), cancel);
        var line = await LineAsync(stream, cancel);
        switch (line[0])
        {
            case '+':
                return line[1..];
            case '$':
                var body = new byte[int.Parse(line[1..], CultureInfo.InvariantCulture) + 2];
                await stream.ReadExactlyAsync(body, cancel);
                return Encoding.UTF8.GetString(body);
            default:
                throw new InvalidDataException($"{words[0]}: {line[1..]}");
        }
    }

    private static async Task<string> LineAsync(Stream stream, CancellationToken cancel)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length < 4096)
        {
            await stream.ReadExactlyAsync(one, cancel);
            if (one[0] == '\n')
            {
                var text = line.ToString().TrimEnd('\r');
                return text.Length > 0 ? text : throw new InvalidDataException("an empty answer");
            }

            line.Append((char)one[0]);
        }

        throw new InvalidDataException("this is no Redis server");
    }

    private static Dictionary<string, string> Fields(string text) => text.Split("\r\n")
        .Select(l => l.Split(':', 2)).Where(p => p.Length == 2)
        .GroupBy(p => p[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First()[1], StringComparer.Ordinal);
}
