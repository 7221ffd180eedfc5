using MuonSharp.Cli.Train;

namespace MuonSharp.Cli.Tests.Train;

public class PlanTextTests
{
    private const string Plan = """
        parameter     shape     optimizer  reason
        wte.weight    [77, 8]   adamw      token table: rows are looked up
        h.0.fc.weight [8, 32]   muon       hidden matrix
        h.0.ln.weight [8]       adamw      vector
        h.1.fc.weight [8, 32]   muon       hidden matrix
        h.1.ln.weight [8]       adamw      vector
        """;

    [Fact]
    public void Layers_that_are_treated_alike_are_one_row() => Assert.Equal(
        [
            ["parameter", "tensors", "shape", "optimizer", "reason"],
            ["wte.weight", "1", "[77, 8]", "adamw", "token table: rows are looked up"],
            ["h.*.fc.weight", "2", "[8, 32]", "muon", "hidden matrix"],
            ["h.*.ln.weight", "2", "[8]", "adamw", "vector"],
        ],
        PlanText.Condense(Plan.Replace(".weight [", ".weight  [", StringComparison.Ordinal)));

    [Fact]
    public void A_layer_that_is_treated_otherwise_keeps_its_own_row()
    {
        IReadOnlyList<IReadOnlyList<string>> rows = PlanText.Condense("name  by\nh.0.w  muon\nh.1.w  adamw\nh.2.w  muon");
        Assert.Equal([["name", "tensors", "by"], ["h.*.w", "2", "muon"], ["h.1.w", "1", "adamw"]], rows);
    }
}
