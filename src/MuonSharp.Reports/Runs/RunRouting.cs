using System.Xml.Linq;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>Who steps what: what the newest step did to each group of parameters, and each parameter with the reason.</summary>
internal static class RunRouting
{
    /// <summary>Rows of <c>routing.json</c>; none where it cannot be read.</summary>
    public static IReadOnlyList<RoutedParameter> Read(RunFolder folder)
    {
        try
        {
            return RoutingFile.Read(folder);
        }
        catch (InvalidFileException)
        {
            return [];
        }
    }

    /// <summary>A table of the groups as the newest step left them; null before the first, or where the run does not say.</summary>
    public static XElement? Groups(RunHistory run) => run.LastStep is not { Groups.Count: > 0 } line ? null : Page.Table(
        "What the last step did to each group",
        "groups",
        line.Groups.Select(group => Row(group, line, [.. run.Routing.Where(row => row.Group == group.Group)]))
            .Prepend(["group", "stepped by", "tensors updated", "weights", "matrices orthogonalized", "learning rate", "update, root mean square"]));

    /// <summary>Every parameter, closed at first; null where the run does not say.</summary>
    public static XElement? Parameters(RunHistory run) => run.Routing.Count == 0 ? null : new XElement(
        "details",
        new XAttribute("class", "box"),
        new XElement("summary", "Who steps what ", new XElement("span", new XAttribute("class", "unit"), Amount.Of(run.Routing.Count, "tensor"))),
        Page.Table("Who steps what", "routing", run.Routing
            .Select(row => (string[])[row.Name, string.Join(" x ", row.Shape), row.Matrices == 0 ? "" : $"{row.Matrices}", row.Optimizer, row.Group, row.Reason])
            .Prepend(["parameter", "shape", "matrices", "stepped by", "group", "reason"])));

    private static string[] Row(GroupStep group, StepLine line, RoutedParameter[] routed)
    {
        int matrices = routed.Sum(row => row.Matrices);
        string[] odd = [.. group.PolesRaised > 0 ? [$"{group.PolesRaised} with a larger pole"] : (string[])[], .. group.FallBacks > 0 ? [$"{group.FallBacks} by another method"] : (string[])[]];
        return
        [
            group.Group,
            routed.Length == 0 ? "" : string.Join(", ", routed.Select(row => row.Optimizer).Distinct(StringComparer.Ordinal)),
            routed.Length == 0 ? Amount.Count(group.Updated) : $"{Amount.Count(group.Updated)} of {Amount.Count(routed.Length)}",
            routed.Length == 0 ? "" : Amount.Count(routed.Sum(row => row.Length)),
            group.Orthogonalized == 0 ? "" : $"{Amount.Count(group.Orthogonalized)} of {Amount.Count(Math.Max(matrices, group.Orthogonalized))}{(odd.Length == 0 ? "" : $" ({string.Join(", ", odd)})")}",
            line.LearningRates.Where(rate => rate.Group == group.Group).Select(rate => Amount.Rate(rate.Value)).FirstOrDefault(""),
            double.IsFinite(group.UpdateRms) ? Amount.Measured(group.UpdateRms) : "not finite",
        ];
    }
}
