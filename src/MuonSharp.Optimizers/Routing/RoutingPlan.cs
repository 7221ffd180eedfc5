using System.Collections.Immutable;
using System.Text;

namespace MuonSharp.Optimizers;

/// <summary>Who steps what: every parameter with its optimizer and the reason. Made from roles; names play no part.</summary>
public sealed class RoutingPlan
{
    private RoutingPlan(ImmutableArray<RoutingPlanRow> rows, ImmutableArray<ParameterGroup> groups)
    {
        Rows = rows;
        Groups = groups;
    }

    /// <summary>One row a parameter, in the order of the parameters.</summary>
    public ImmutableArray<RoutingPlanRow> Rows { get; }

    /// <summary>The groups that have parameters, in the order of the routes.</summary>
    public ImmutableArray<ParameterGroup> Groups { get; }

    /// <summary>Routes parameters without building an optimizer; their memory need not exist.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="routes">The routes; the first that takes a parameter gets it.</param>
    /// <exception cref="OptimizerOptionsException">A parameter has no route; all of them are named.</exception>
    public static RoutingPlan Make(IReadOnlyList<Parameter> parameters, IReadOnlyList<Route> routes)
    {
        var problems = new OptionsProblems(0);
        List<Parameter>[] members = routes.Select(_ => new List<Parameter>()).ToArray();
        ImmutableArray<RoutingPlanRow>.Builder rows = ImmutableArray.CreateBuilder<RoutingPlanRow>(parameters.Count);
        foreach (Parameter parameter in parameters)
        {
            int index = 0;
            while (index < routes.Count && !routes[index].Takes(parameter))
            {
                index++;
            }

            problems.Require(index < routes.Count, $"no route takes '{parameter.Name}' ({parameter.Role})");
            if (index < routes.Count)
            {
                members[index].Add(parameter);
                OptimizerOptions options = routes[index].Options;
                rows.Add(new RoutingPlanRow(
                    parameter, options.MatricesOf(parameter), options.OptimizerName, routes[index].Group, RoleReason.Of(parameter, options), options));
            }
        }

        problems.Throw("routing");
        return new RoutingPlan(
            rows.ToImmutable(),
            [.. routes.Select((route, i) => new ParameterGroup(route.Group, members[i], route.Options)).Where(group => group.Parameters.Count > 0)]);
    }

    /// <summary>Number of elements that an optimizer steps.</summary>
    /// <param name="optimizer">The optimizer's name.</param>
    public long ElementsOf(string optimizer) =>
        Rows.Where(row => string.Equals(row.Optimizer, optimizer, StringComparison.Ordinal)).Sum(row => (long)row.Parameter.Length);

    /// <summary>The memory of a <see cref="RoutedOptimizer"/> of this plan, by optimizer, in the order in which it makes them.</summary>
    /// <param name="threads">Workers of its team, 1 or more.</param>
    public ImmutableArray<OptimizerCost> Costs(int threads) =>
    [
        .. Groups.GroupBy(static group => group.Options.GetType()).Select(kind =>
        {
            ParameterGroup[] groups = [.. kind];
            OptimizerOptions options = groups[0].Options;
            return new OptimizerCost(options.OptimizerName, [.. options.StatesOf(groups)], options.ScratchLengthOf(groups, threads) * sizeof(float));
        }),
    ];

    /// <summary>The plan as a table of plain text, one line a parameter.</summary>
    public override string ToString()
    {
        string[][] cells =
        [
            ["parameter", "shape", "matrices", "optimizer", "group", "reason"],
            .. Rows.Select(row => new[]
            {
                row.Parameter.Name,
                Parameter.ShapeText(row.Parameter.Shape),
                row.Matrices == 0 ? "-" : row.Matrices.ToString(),
                row.Optimizer,
                row.Group,
                row.Reason,
            }),
        ];
        int[] widths = [.. Enumerable.Range(0, cells[0].Length).Select(column => cells.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in cells)
        {
            text.Append(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}

/// <summary>Where one parameter goes, and why.</summary>
/// <param name="Parameter">The parameter.</param>
/// <param name="Matrices">Independent matrices that its layout splits it into, 0 when it is not stepped as matrices.</param>
/// <param name="Optimizer">The optimizer's name.</param>
/// <param name="Group">The group's name.</param>
/// <param name="Reason">Why it goes there.</param>
/// <param name="Options">The options of the optimizer that steps it.</param>
public sealed record RoutingPlanRow(Parameter Parameter, int Matrices, string Optimizer, string Group, string Reason, OptimizerOptions Options)
{
    /// <summary>The matrices themselves; empty when the parameter is not stepped as matrices.</summary>
    public ImmutableArray<MatrixSlice> Slices => Matrices == 0 ? [] : Parameter.Matrices;

    /// <summary>FLOPs that the optimizer spends a step on one of the matrices: orthogonalization, or statistics and bases. Elementwise passes are left out.</summary>
    /// <param name="matrix">One of <see cref="Slices"/>.</param>
    public double FlopsOf(in MatrixSlice matrix) => Options.FlopsOf(matrix);
}
