using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Core.Access.Secrets;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Access.Users;
using Microsoft.AspNetCore.Authentication.BearerToken;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Beamtime.Core.Access;

/// <summary>Puts the edge of the REST interface together, and who may pass it.</summary>
internal static class AccessRegistration
{
    // Every process that serves one installation reads the tokens of the others.
    private const string ApplicationName = "beamtime";

    /// <summary>
    /// Sets the bounds and the strictness of what is read from requests. Without <see cref="AddUsers"/> the operator at
    /// this machine is the only caller.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="edge">Which requests come in at all; by default those of this machine.</param>
    public static IServiceCollection AddAccess(this IServiceCollection services, AccessOptions options, Edge? edge = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.Configure<KestrelServerOptions>(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = options.MaxRequestBody;
        });
        // In every environment what cannot be bound is an exception, so that one place writes the problem.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.Configure<JsonOptions>(json => MakeStrict(json.SerializerOptions));
        services.AddSingleton(edge ?? Edge.Loopback).AddSingleton<LocalSignIn>();
        services.AddSingleton(s => new CallerCheck(
            options.LocalOperator ? s.GetRequiredService<LocalSignIn>() : null,
            s.GetService<AccessTokens>(),
            s.GetService<CallerDirectory>()));
        return services;
    }

    /// <summary>Adds users, their sign-ins and keys; the database and the ledger are registered by the host.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">How long things last.</param>
    /// <param name="key">The master key, proven to be the database's.</param>
    public static IServiceCollection AddUsers(this IServiceCollection services, AccessOptions options, MasterKey key)
    {
        services.AddSingleton(key)
            .AddSingleton(_ => new PasswordHashes(options))
            .AddSingleton<SecretStore>()
            .AddSingleton<KeyRingStore>()
            .AddSingleton<UserStore>()
            .AddSingleton<UserRegister>()
            .AddSingleton<SignInStore>()
            .AddSingleton<SignInBrake>()
            .AddSingleton<CallerDirectory>()
            .AddSingleton<ApiKeyRegister>()
            .AddSingleton<UnknownNames>()
            .AddSingleton<SignInRoom>()
            .AddSingleton(s => new AccessTokens(
                s.GetRequiredService<IOptionsMonitor<BearerTokenOptions>>(), options, s.GetRequiredService<TimeProvider>()))
            .AddSingleton(s => new SignInDesk(s.GetRequiredService<SignInRoom>(), options, s.GetRequiredService<TimeProvider>()))
            .AddSingleton(s => new AccessWatch(
                s.GetRequiredService<CallerDirectory>(),
                s.GetRequiredService<SignInStore>(),
                options,
                s.GetRequiredService<TimeProvider>()));
        services.AddAuthentication(AccessTokens.Scheme).AddBearerToken(AccessTokens.Scheme);
        services.AddOptions<BearerTokenOptions>(AccessTokens.Scheme)
            .Configure<TimeProvider>((bearer, time) => bearer.TimeProvider = time);
        services.AddDataProtection().SetApplicationName(ApplicationName);
        services.AddOptions<KeyManagementOptions>().Configure<IServiceProvider>((ring, provider) =>
        {
            ring.XmlRepository = provider.GetRequiredService<KeyRingStore>();
            ring.XmlEncryptor = new KeyRingCipher(provider);
        });
        return services;
    }

    /// <summary>Adds that a request with an idempotency key is carried out once; the database is registered by the host.</summary>
    /// <param name="services">The host's services.</param>
    public static IServiceCollection AddIdempotency(this IServiceCollection services) => services.AddSingleton<IdempotencyStore>();

    /// <summary>Answers failures with problems and admits requests by permission; stands before all else.</summary>
    /// <param name="app">The host's pipeline.</param>
    public static IApplicationBuilder UseAccess(this IApplicationBuilder app)
    {
        app.UseMiddleware<RequestWatch>().UseMiddleware<ProblemAnswers>().UseMiddleware<AccessCheck>();
        return app.ApplicationServices.GetService<IdempotencyStore>() is null ? app : app.UseMiddleware<IdempotentRequests>();
    }

    /// <summary>Maps signing in, keys and users.</summary>
    /// <param name="routes">The group of all routes.</param>
    public static IEndpointRouteBuilder MapAccess(this IEndpointRouteBuilder routes) => routes.MapAuth().MapUsers();

    /// <summary>Makes a reader of JSON refuse what it does not know.</summary>
    /// <param name="json">The reader's options.</param>
    public static void MakeStrict(JsonSerializerOptions json)
    {
        json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        json.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        json.AllowDuplicateProperties = false;
        json.RespectNullableAnnotations = true;
        json.RespectRequiredConstructorParameters = true;
        json.NumberHandling = JsonNumberHandling.Strict;
    }
}
