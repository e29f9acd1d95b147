using System.Net;
using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace Beamtime.Core.Access.SignIns;

/// <summary>Finds out who sent a request: by an access token, by a key, or as the operator at this machine.</summary>
/// <param name="local">The operator's key; null where nobody is an operator without signing in.</param>
/// <param name="tokens">Reads access tokens; null where the server has no users.</param>
/// <param name="callers">Knows sign-ins and keys; null where the server has no users.</param>
internal sealed class CallerCheck(LocalSignIn? local, AccessTokens? tokens, CallerDirectory? callers)
{
    private const string Bearer = "Bearer ";

    /// <summary>Who it is.</summary>
    /// <param name="context">The request.</param>
    /// <exception cref="RefusedException">It names nobody, or not who may come in.</exception>
    public async Task<Caller> IdentifyAsync(HttpContext context)
    {
        var cancel = context.RequestAborted;
        var token = context.Request.Headers.Authorization switch
        {
            [] => throw new RefusedException(AccessErrors.SignInNeeded.Because("the request carries neither token nor key")),
            [{ } only] when only.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) => only[Bearer.Length..].Trim(),
            [_] => throw new RefusedException(AccessErrors.TokenInvalid.Because("the Authorization header is not of the form 'Bearer …'")),
            _ => throw new RefusedException(AccessErrors.TokenInvalid.Because("there are several Authorization headers")),
        };
        if (token.StartsWith(LocalSignIn.Prefix, StringComparison.Ordinal))
        {
            return local is not null && local.Matches(token) && IsHere(context)
                ? callers is null ? Caller.LocalOperator : await callers.LocalOperatorAsync(cancel)
                : throw new RefusedException(AccessErrors.TokenInvalid.Because("the key is not that of the program that runs here now"));
        }

        if (callers is null || tokens is null)
        {
            throw new RefusedException(AccessErrors.TokenInvalid.Because("this server has no users"));
        }

        if (token.StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal))
        {
            return ApiKeyText.Find(token) is { } key
                ? await callers.OfKeyAsync(key, cancel)
                : throw new RefusedException(AccessErrors.TokenInvalid.Because("the key is cut or has other characters than keys have"));
        }

        return await callers.OfSignInAsync(await tokens.ReadAsync(context, token), cancel);
    }

    /// <summary>Who it is, or null where the request names nobody who may come in, or the database does not answer.</summary>
    /// <param name="context">The request.</param>
    public async Task<Caller?> FindAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization.Count == 0)
        {
            return null;
        }

        try
        {
            return await IdentifyAsync(context);
        }
        catch (RefusedException)
        {
            return null;
        }
        catch (NpgsqlException outage) when (outage.IsOutage())
        {
            return null;
        }
    }

    private static bool IsHere(HttpContext context) =>
        context.Connection.RemoteIpAddress is not { } address || IPAddress.IsLoopback(address);
}
