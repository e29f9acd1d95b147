using System.Security.Cryptography;
using System.Text;
using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Access;

/// <summary>
/// Carries a request with an <c>Idempotency-Key</c> out once. The key is claimed before anything is done, and the answer
/// kept before it is sent. A repeat is given that answer; one while it runs is told to wait; one with another content is
/// refused. What was refused had no effect, so its key is free again. Where the program ended or failed in between, a route
/// that finds what it makes by the key goes on; else the caller is told that it is uncertain.
/// </summary>
/// <param name="next">What comes after.</param>
/// <param name="store">The keys.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Takes what went wrong with a key alone.</param>
internal sealed partial class IdempotentRequests(
    RequestDelegate next, IdempotencyStore store, TimeProvider time, ILogger<IdempotentRequests> log)
{
    /// <summary>The header with the key.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The header of an answer that was given before.</summary>
    public const string ReplayedHeader = "Idempotency-Replayed";

    private const int LongestKey = 200;
    private static readonly TimeSpan PrunePeriod = TimeSpan.FromMinutes(10);
    private long _pruned = time.GetTimestamp();

    /// <summary>Serves one request.</summary>
    /// <param name="context">The request.</param>
    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var rule = context.GetEndpoint()?.Metadata.GetMetadata<RepeatRule>()?.Repeat ?? Repeat.Uncertain;
        if (!request.Headers.TryGetValue(Header, out var given) || HttpMethods.IsGet(request.Method)
            || HttpMethods.IsHead(request.Method) || context.Features.Get<Caller>() is not { } caller)
        {
            await next(context);
            return;
        }

        if (given is not [{ Length: > 0 and <= LongestKey } key] || key.Any(c => c is <= ' ' or > '~'))
        {
            throw new RefusedException(IdempotencyErrors.Invalid.Because($"'{given.ToString()[..Math.Min(40, given.ToString().Length)]}'"));
        }

        if (rule == Repeat.IsHarmless)
        {
            await next(context);
            return;
        }

        await PruneAsync(context.RequestAborted);
        var route = $"{request.Method} {request.Path}{request.QueryString}";
        var claim = await store.ClaimAsync(
            caller.Who, key, route, await HashAsync(request, context.RequestAborted), rule == Repeat.FindsByKey, context.RequestAborted);
        switch (claim)
        {
            case KeyClaim.Ours(var id):
                await CarryOutAsync(context, id);
                break;
            case KeyClaim.Answered(var answer):
                await ReplayAsync(context.Response, answer, context.RequestAborted);
                break;
            case KeyClaim.Running:
                context.Response.Headers.RetryAfter = "1";
                throw new RefusedException(IdempotencyErrors.Running.Because($"key {key} is in use by {route}"));
            case KeyClaim.Reused(var other):
                throw new RefusedException(IdempotencyErrors.Reused.Because($"key {key} was used for {other}, with another content or another route"));
            case KeyClaim.Abandoned(var at):
                throw new RefusedException(IdempotencyErrors.Uncertain.Because($"key {key} was first used for {route} at {at:u}"));
        }
    }

    private static async Task<byte[]> HashAsync(HttpRequest request, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method}\n{request.Path}{request.QueryString}\n"));
        request.EnableBuffering();
        var block = new byte[16 << 10];
        while (await request.Body.ReadAsync(block, cancel) is var read and > 0)
        {
            hash.AppendData(block, 0, read);
        }

        request.Body.Position = 0;
        return hash.GetHashAndReset();
    }

    private async Task CarryOutAsync(HttpContext context, Guid claim)
    {
        context.Features.Set(new RequestKey(claim));
        var response = context.Response;
        var output = response.Body;
        using MemoryStream body = new();
        response.Body = body;
        using CancellationTokenSource done = new();
        var renewal = RenewAsync(claim, done.Token);
        try
        {
            await next(context);
            await SettleAsync(claim, response, body);
        }
        catch (RefusedException)
        {
            await QuietlyAsync(claim, store.ForgetAsync(claim, CancellationToken.None));
            throw;
        }
        catch
        {
            await QuietlyAsync(claim, store.AbandonAsync(claim, CancellationToken.None));
            throw;
        }
        finally
        {
            response.Body = output;
            await done.CancelAsync();
            await renewal;
        }

        body.Position = 0;
        await body.CopyToAsync(output, context.RequestAborted);
    }

    private Task SettleAsync(Guid claim, HttpResponse response, MemoryStream body) => QuietlyAsync(claim, response.StatusCode switch
    {
        // An answer with a secret is given once and kept nowhere; a repeat is told that the first one took effect or may have.
        < 400 when response.Headers.CacheControl.ToString().Contains("no-store", StringComparison.Ordinal) =>
            store.AbandonAsync(claim, CancellationToken.None),
        < 400 => store.AnswerAsync(
            claim,
            new KeptAnswer(response.StatusCode, response.ContentType, response.Headers.Location, body.ToArray()),
            CancellationToken.None),
        < 500 => store.ForgetAsync(claim, CancellationToken.None),
        _ => store.AbandonAsync(claim, CancellationToken.None),
    });

    // The request itself has ended: an outage costs the key its answer, not the caller.
    private async Task QuietlyAsync(Guid claim, Task change)
    {
        try
        {
            await change;
        }
        catch (NpgsqlException outage) when (outage.IsOutage())
        {
            NotKept(outage, claim);
        }
    }

    private async Task RenewAsync(Guid claim, CancellationToken done)
    {
        while (true)
        {
            try
            {
                await Task.Delay(store.Lease / 3, time, done);
                await store.RenewAsync(claim, done);
            }
            catch (OperationCanceledException) when (done.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                NotKept(outage, claim);
            }
        }
    }

    private async Task PruneAsync(CancellationToken cancel)
    {
        var last = Interlocked.Read(ref _pruned);
        if (time.GetElapsedTime(last) >= PrunePeriod
            && Interlocked.CompareExchange(ref _pruned, time.GetTimestamp(), last) == last)
        {
            await store.PruneAsync(cancel);
        }
    }

    private static async Task ReplayAsync(HttpResponse response, KeptAnswer answer, CancellationToken cancel)
    {
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.Headers[ReplayedHeader] = "true";
        if (answer.Location is not null)
        {
            response.Headers.Location = answer.Location;
        }

        await response.Body.WriteAsync(answer.Body, cancel);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The claim {Claim} of a request could not be changed; a repeat may be told that it is uncertain")]
    private partial void NotKept(Exception outage, Guid claim);
}
