using MuonSharp.Cli.Output;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Cli.Plan;

/// <summary>Muon's learning rate in the units of other references, by shape of matrix.</summary>
internal static class RateTable
{
    /// <summary>Rows of cells, the header first; empty when nothing is stepped by Muon.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="baseWidth">Width of muP's base model; 0: without muP.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Of(TrainingPlan plan, int baseWidth)
    {
        UpdateScale[] units =
        [
            UpdateScale.Original, UpdateScale.MatchRmsAdamW, UpdateScale.SpectralUnclamped,
            .. baseWidth > 0 ? [LearningRateUnits.MuP(baseWidth, plan.Config.Model.Width)] : Array.Empty<UpdateScale>(),
        ];
        var rows = plan.Routing.Rows.Where(row => row.Options is MuonOptions)
            .SelectMany(row => row.Slices.Select(matrix => (Options: (MuonOptions)row.Options, matrix.FanOut, matrix.FanIn)))
            .GroupBy(matrix => matrix)
            .Select(alike => Row(alike.Key.Options, alike.Key.FanOut, alike.Key.FanIn, alike.Count(), units))
            .ToList();
        return rows.Count == 0 ? [] : [["shape", "", "as configured", .. units.Select(unit => unit.Name)], .. rows];
    }

    private static string[] Row(MuonOptions options, int fanOut, int fanIn, int count, UpdateScale[] units)
    {
        var rate = options.LearningRate.Range.Greatest;
        return
        [
            $"[{fanOut}, {fanIn}]",
            $"x{count}",
            $"{Amount.Rate(rate)} {options.Scale.Name}",
            .. units.Select(unit => Amount.Rate(LearningRateUnits.Convert(rate, options.Scale, unit, fanOut, fanIn))),
        ];
    }
}
