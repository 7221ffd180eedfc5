using System.Security.Cryptography;
using System.Text;

namespace MuonSharp.Dashboard.Views;

/// <summary>A view at one moment.</summary>
/// <param name="Title">The page's title.</param>
/// <param name="Parts">Its parts in their order.</param>
internal sealed record ViewState(string Title, IReadOnlyList<ViewPart> Parts)
{
    /// <summary>Names the state: the parts with a hash of each.</summary>
    public string Id { get; } = string.Join(',', Parts.Select(part => part.Id));

    /// <summary>The parts that a page of another state does not have, or has otherwise.</summary>
    /// <param name="id">The other state's name; anything else is a state without parts.</param>
    public IEnumerable<ViewPart> ChangedSince(string id)
    {
        HashSet<string> had = new(id.Split(','), StringComparer.Ordinal);
        return Parts.Where(part => !had.Contains(part.Id));
    }
}

/// <summary>A part of a page.</summary>
/// <param name="Name">Its name, the element's <c>id</c>.</param>
/// <param name="Markup">The element as HTML.</param>
internal sealed record ViewPart(string Name, string Markup)
{
    private const int HashBytes = 8;

    /// <summary>Its name and a hash of what it shows.</summary>
    public string Id { get; } = $"{Name}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Markup)).AsSpan(0, HashBytes))}";
}
