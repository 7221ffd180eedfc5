using MuonSharp.Cli.Plan;
using MuonSharp.Optimizers;

namespace MuonSharp.Cli.Tests.Plan;

/// <summary>What is alike in many layers shares a line, in the banner of a run and in a plan.</summary>
public class PlanTableTests
{
    private static readonly RoutingPlan s_plan = Plan(new());

    [Fact]
    public void Tensors_of_layers_that_are_treated_alike_are_one_line_and_one_that_is_not_keeps_its_own() => Assert.Equal(
        [
            ["wte.weight", "1", "[77, 8]", "-", "adamw", "auxiliary", "token table: rows are looked up, not multiplied"],
            ["layers 0-1 fc.weight", "2", "[32, 8]", "1", "muon", "matrices", "hidden matrix: its update is orthogonalized"],
            ["layers 0-1 ln.weight", "2", "[8]", "-", "adamw", "auxiliary", "vector of gains"],
            ["layer 2 fc.weight", "1", "[32, 8]", "-", "adamw", "auxiliary", "token table: rows are looked up, not multiplied"],
        ],
        PlanTable.Tensors(s_plan).Rows);

    [Fact]
    public void Matrices_are_condensed_in_the_same_way_or_listed_one_by_one()
    {
        Assert.Equal(
            ["wte.weight", "layers 0-1 fc.weight", "layers 0-1 ln.weight", "layer 2 fc.weight"],
            PlanTable.Matrices(s_plan, all: false).Rows.Select(row => row[0]));
        Assert.Equal(["", "x2", "x2", ""], PlanTable.Matrices(s_plan, all: false).Rows.Select(row => row[2]));
        Assert.Equal([.. s_plan.Rows.Select(row => row.Parameter.Name)], PlanTable.Matrices(s_plan, all: true).Rows.Select(row => row[0]));
    }

    private static RoutingPlan Plan(ParameterStoreBuilder builder) => RoutingPlan.Make(
        [
            builder.Add("wte.weight", [77, 8], ParameterRole.Embedding),
            builder.Add("h.0.fc.weight", [32, 8], ParameterRole.Matrix),
            builder.Add("h.0.ln.weight", [8], ParameterRole.Gain),
            builder.Add("h.1.fc.weight", [32, 8], ParameterRole.Matrix),
            builder.Add("h.1.ln.weight", [8], ParameterRole.Gain),
            builder.Add("h.2.fc.weight", [32, 8], ParameterRole.Embedding),
        ],
        Route.Muon());
}
