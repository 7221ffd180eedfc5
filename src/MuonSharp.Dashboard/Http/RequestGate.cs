using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace MuonSharp.Dashboard.Http;

/// <summary>Who may ask: the host that a request names must be this server's, and where there is a token it must be known.</summary>
/// <param name="host">The address that the server listens on.</param>
/// <param name="token">The token; null: none is needed.</param>
internal sealed class RequestGate(IPAddress host, string? token)
{
    private const string Query = "token";

    /// <summary>Whether a request may be answered; one that may not has its answer then.</summary>
    public async Task<bool> Admits(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.XFrameOptions = "DENY";
        headers.CacheControl = "no-store";
        if (!IsOwn(context))
        {
            return await Refuse(context, StatusCodes.Status421MisdirectedRequest, "this page answers to its own address only");
        }

        if (!HttpMethods.IsGet(context.Request.Method))
        {
            return await Refuse(context, StatusCodes.Status405MethodNotAllowed, "this page can be read and nothing else");
        }

        if (token is null)
        {
            return true;
        }

        // A port is no part of what a cookie belongs to, so its name tells two servers of one machine apart.
        string cookie = $"muonsharp-{context.Connection.LocalPort}";
        if (context.Request.Query.TryGetValue(Query, out Microsoft.Extensions.Primitives.StringValues given))
        {
            if (!IsToken(given.ToString()))
            {
                return await Refuse(context, StatusCodes.Status403Forbidden, "this is not the page's token");
            }

            // The token leaves the address bar, and so histories and what is copied from it.
            context.Response.Cookies.Append(cookie, token, new() { HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/" });
            context.Response.Redirect("/");
            return false;
        }

        return IsToken(context.Request.Cookies[cookie]) || await Refuse(context, StatusCodes.Status403Forbidden, "the page's address has a token, which this request has not");
    }

    /// <summary>A name that points here without being this server's is how a page of somebody else's would reach it.</summary>
    private bool IsOwn(HttpContext context)
    {
        string name = context.Request.Host.Host.Trim('[', ']');
        IPAddress? local = context.Connection.LocalIpAddress;
        local = local is { IsIPv4MappedToIPv6: true } ? local.MapToIPv4() : local;
        return IPAddress.TryParse(name, out IPAddress? address)
            ? address.Equals(host) || address.Equals(local)
            : Equal(name, "localhost") ? local is not null && IPAddress.IsLoopback(local) : !IPAddress.IsLoopback(host) && Equal(name, Environment.MachineName);
    }

    private bool IsToken(string? text) => text is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(token!));

    private static bool Equal(string name, string other) => string.Equals(name, other, StringComparison.OrdinalIgnoreCase);

    private static async Task<bool> Refuse(HttpContext context, int code, string why)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(why + "\n", context.RequestAborted);
        return false;
    }
}
