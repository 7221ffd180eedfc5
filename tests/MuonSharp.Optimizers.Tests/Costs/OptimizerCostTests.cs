using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Runs alone: it looks at the native memory of the process.</summary>
[Collection(nameof(AllocationTests))]
public class OptimizerCostTests
{
    public static TheoryData<string> Names => ContractTable.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void The_planned_memory_is_what_the_optimizer_allocates_to_the_byte(string name)
    {
        ContractRow row = ContractTable.Rows[name];
        foreach ((int width, int threads) in new[] { (24, 1), (40, 3), (700, 2) })
        {
            using TestModel model = TestModel.Language(width, layers: 1);
            using var team = new WorkerTeam(threads);
            var plan = RoutingPlan.Make(model.Parameters, Route.Split(row.Options, row.Auxiliary));
            long before = NativeBuffer.LiveBytes;
            using RoutedOptimizer optimizer = row.Optimizer(model, team);
            Assert.Equal(NativeBuffer.LiveBytes - before, plan.Costs(threads).Sum(cost => cost.StateBytes + cost.ScratchBytes));
            Assert.Equal(optimizer.Plan.Groups.Select(group => group.Options.OptimizerName).Distinct(), plan.Costs(threads).Select(cost => cost.Optimizer));
        }
    }

    /// <summary>Of several tasks any worker may take any, whatever their number: each needs memory of its own.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Every_worker_has_scratch_of_its_own_also_where_there_are_fewer_matrices(string name)
    {
        ContractRow row = ContractTable.Rows[name];
        using TestModel one = TestModel.Matrices((30, 20));
        using TestModel two = TestModel.Matrices((30, 20), (30, 20));
        long Scratch(TestModel model, int threads) => RoutingPlan.Make(model.Parameters, Route.Split(row.Options, row.Auxiliary)).Costs(threads)[0].ScratchBytes;
        Assert.Equal(8 * Scratch(two, 1), Scratch(two, 8));
        Assert.InRange(Scratch(one, 8), Scratch(one, 1), 8 * Scratch(one, 1));
    }

    [Fact]
    public void States_have_names_and_the_size_of_what_they_keep()
    {
        using TestModel model = TestModel.Matrices((32, 48), (16, 16));
        Assert.Equal(
            [new StateCost("momentum", 4 * 1792), new StateCost("row mean squares", 4 * 48)],
            RoutingPlan.Make(model.Parameters, Route.Muon(MuonPresets.NorMuon)).Costs(1)[0].States);
        Assert.Equal(
            [new("first moment", 4 * 1792), new("second moment", 4 * 1792), new StateCost("statistics and bases, in double", 16 * (1024 + 2304 + 256 + 256))],
            RoutingPlan.Make(model.Parameters, Route.Split(new SoapOptions(), new AdamWOptions())).Costs(1)[0].States);
    }

    [Theory]
    [InlineData("newton-schulz/jordan5", 29_444_014_080)] // 5 (3 m²n + m³)
    [InlineData("newton-schulz/deepseek-v4", 58_888_028_160)]
    [InlineData("gram-newton-schulz/polar-express5", 13_136_560_128)] // 3 m²n + 17 m³
    [InlineData("gram-newton-schulz/deepseek-v4", 26_273_120_256)] // made anew half way
    [InlineData("zolotarev/2", 6_341_787_648)] // 3 m²n + 2 m³
    [InlineData("zolotarev/4", 7_247_757_312)]
    public void An_orthogonalizer_counts_its_products_in_both_orientations(string name, double flops)
    {
        IOrthogonalizer orthogonalizer = Orthogonalizers.Get(name);
        Assert.Equal(flops, orthogonalizer.Flops(768, 3072));
        Assert.Equal(flops, orthogonalizer.Flops(3072, 768));
    }

    [Fact]
    public void A_row_of_the_plan_counts_what_its_optimizer_does_to_a_matrix()
    {
        using TestModel model = TestModel.Language(width: 32, layers: 1);
        RoutingPlanRow Row(OptimizerOptions options) => RoutingPlan.Make(model.Parameters, Route.Split(options, new AdamWOptions())).Rows.Single(row => row.Parameter.Name == "h.0.up.weight");
        double Flops(OptimizerOptions options) => Row(options).FlopsOf(Row(options).Slices.Single());

        // [128, 32]: m = 32, n = 128; rc(r + c) = 655360; r³ + c³ = 2129920.
        Assert.Equal(5 * ((3 * 32 * 32 * 128) + (32 * 32 * 32)), Flops(MuonPresets.KellerJordan));
        Assert.Equal((5 * 655360) + (((14 * 2129920 / 3.0) + (4 * 655360)) / 10), Flops(new SoapOptions()), 1e-3);
        Assert.Equal((5 * 128 * 32 * 32) + (((14 * 32768 / 3.0) + (4 * 128 * 32 * 32)) / 10), Flops(new SoapOptions { MaximumPreconditionerDimension = 100 }), 1e-3);
        Assert.Equal((3 * 655360) + (9 * 2129920 / 10.0), Flops(new ShampooOptions()), 1e-3);
        Assert.Equal(4 * ((3 * 32 * 32 * 64) + (9 * 2 * 32768 / 10.0)), Flops(new ShampooOptions { BlockSize = 32 }), 1e-3);
        Assert.Empty(Row(new AdamWOptions()).Slices);
    }
}
