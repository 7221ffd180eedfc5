using System.Text;
using MuonSharp.Experiments;
using MuonSharp.Formats;

namespace MuonSharp.Reports;

/// <summary>The page of results: Markdown with a section between two comments for each claim. A claim's section is written anew, everything else stays as it is.</summary>
internal static class ClaimSection
{
    private const string Pictures = "results";

    /// <summary>Writes a claim's section and its picture.</summary>
    /// <param name="file">The page; made, with all other claims as not run yet, where it is missing.</param>
    /// <param name="claim">The claim.</param>
    /// <param name="result">What came out.</param>
    /// <param name="command">The command that does it again.</param>
    /// <param name="circumstances">Machine and date.</param>
    /// <returns>Path of the picture, beside the page; null where there is nothing to draw.</returns>
    /// <exception cref="WriteFailedException">One of the two cannot be written.</exception>
    /// <exception cref="InvalidFileException">The page has the beginning of the section and not its end.</exception>
    public static string? Write(string file, Claim claim, ClaimResult result, string command, string circumstances)
    {
        string? drawing = ClaimPicture.Of(result.Chart), picture = drawing is null ? null : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, Pictures, $"{claim.Name}.svg");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(picture ?? Path.GetFullPath(file))!);
            string page = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : Empty();
            string section = Of(claim, result, command, circumstances, drawing is null ? null : $"{Pictures}/{claim.Name}.svg");
            string written = Replace(file, page, claim, section);
            if (picture is not null)
            {
                Page.Write(picture, drawing!);
            }

            Page.Write(file, written);
        }
        catch (Exception error) when (WriteFailedException.IsWriteFailure(error))
        {
            throw new WriteFailedException("reproduce", file, error);
        }

        return picture;
    }

    /// <summary>What a verdict is called.</summary>
    public static string Text(ClaimVerdict verdict) => verdict switch
    {
        ClaimVerdict.Met => "Goal met.",
        ClaimVerdict.Missed => "Goal missed.",
        _ => "No verdict.",
    };

    /// <summary>The page's text with a section in place of the one that it has, or behind all others.</summary>
    internal static string Replace(string file, string page, Claim claim, string section)
    {
        int start = page.IndexOf(Begin(claim), StringComparison.Ordinal);
        if (start < 0)
        {
            return $"{page.TrimEnd()}\n\n{section}";
        }

        int end = page.IndexOf(End(claim), start, StringComparison.Ordinal);
        return end < 0
            ? throw new InvalidFileException("reproduce", file, $"{Begin(claim)} must be followed by {End(claim)}; it is not")
            : page[..start] + section.TrimEnd() + page[(end + End(claim).Length)..];
    }

    internal static string Begin(Claim claim) => $"<!-- claim:{claim.Name} -->";

    internal static string End(Claim claim) => $"<!-- /claim:{claim.Name} -->";

    private static string Of(Claim claim, ClaimResult result, string command, string circumstances, string? picture)
    {
        StringBuilder text = new(Head(claim));
        text.Append(Row(result.Titles)).Append('|').Insert(text.Length, "---|", result.Titles.Count).Append('\n');
        text.AppendJoin("", result.Rows.Select(Row)).Append('\n');
        text.Append($"**{Text(result.Verdict)}** ").AppendJoin(' ', result.Findings).Append("\n\n");
        text.Append(picture is null ? "" : $"![{result.Chart.Title}]({picture})\n\n");
        return text.Append($"`{command}`, {circumstances}.\n\n{End(claim)}\n").ToString();
    }

    private static string NotRun(Claim claim) =>
        new StringBuilder(Head(claim)).Append($"Not run yet: `muonsharp reproduce {claim.Name}{(claim.NeedsData ? " --data DIR" : "")}`.\n\n{End(claim)}\n").ToString();

    /// <summary>What a section says before its figures: nothing but the claim's own words.</summary>
    internal static string Head(Claim claim) => $"{Begin(claim)}\n## {claim.Title}\n\n{claim.Statement} (Source: {claim.Source}.) Goal: {claim.Goal}.\n\n{claim.Method}\n\n";

    private static string Row(IReadOnlyList<string> cells) => $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |\n";

    private static string Empty() =>
        "# Results\n\nWhat is claimed of Muon, and what one command each measures of it. Sections are written by `muonsharp reproduce NAME`; losses are the same on every machine and under any load, times are not.\n\n"
        + string.Join('\n', Claims.All.Select(NotRun));
}
