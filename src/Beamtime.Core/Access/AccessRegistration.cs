using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Core.Access;

/// <summary>Puts the edge of the REST interface together.</summary>
internal static class AccessRegistration
{
    /// <summary>Sets the bounds and the strictness of what is read from requests.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">The bounds.</param>
    public static IServiceCollection AddAccess(this IServiceCollection services, AccessOptions options)
    {
        services.Configure<KestrelServerOptions>(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = options.MaxRequestBody;
        });
        // In every environment what cannot be bound is an exception, so that one place writes the problem.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.Configure<JsonOptions>(json => MakeStrict(json.SerializerOptions));
        return services;
    }

    /// <summary>Answers failures with problems and admits requests by permission; stands before all else.</summary>
    /// <param name="app">The host's pipeline.</param>
    public static IApplicationBuilder UseAccess(this IApplicationBuilder app) =>
        app.UseMiddleware<RequestWatch>().UseMiddleware<ProblemAnswers>().UseMiddleware<AccessCheck>();

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
