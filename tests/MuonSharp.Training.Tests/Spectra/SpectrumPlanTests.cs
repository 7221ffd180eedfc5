using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests.Spectra;

/// <summary>How often spectra come and what they cost, against counts by hand.</summary>
public class SpectrumPlanTests
{
    /// <summary>Stated again, for a changed constant changes which steps of the same run are logged.</summary>
    private const double Slowness = 14, FlopsOfRotation = 370;

    /// <summary>[6, 12] and [20, 6]: m² n + 4/3 m³, and m² rotations.</summary>
    private const double Flops = (36 * 12) + (36 * 20) + (2 * 4 * 72), Rotations = 2 * 36;

    /// <summary>Of a step of AdamW, which has no products, and two spectra of each matrix.</summary>
    private const double OfAdamW = Slowness * 2 * (Flops + (FlopsOfRotation * Rotations));

    [Theory]
    [InlineData(OfAdamW * 3, 100, 1.0 / 300)]
    [InlineData(OfAdamW, 100, 0.01)]
    [InlineData(OfAdamW / 1.01, 200, 0.00505)]
    [InlineData(OfAdamW / 6.5, 700, 0.065 / 7)]
    [InlineData(null, 100, null)]
    [InlineData(0.0, 100, null)]
    public void There_are_so_many_hundreds_of_steps_between_them_that_their_share_is_a_hundredth_at_most(double? microBatch, int every, double? share)
    {
        SpectrumPlan plan = Plan(new(), microBatch, routes: Route.Split(new AdamWOptions(), new AdamWOptions()));
        Assert.Equal((2 * Flops, 2 * Rotations, every), (plan.Flops, plan.Rotations, plan.Every));
        Assert.Equal(share ?? double.NaN, plan.Share ?? double.NaN, 1e-12);
    }

    [Fact]
    public void Of_what_is_orthogonalized_there_are_five_and_its_products_are_a_part_of_the_step()
    {
        const double MicroBatch = 1e5;
        SpectrumPlan plan = Plan(new(), MicroBatch, routes: Route.Muon(new MuonOptions { Orthogonalizer = NewtonSchulz.Jordan5 }));
        Assert.Equal((5 * Flops, 5 * Rotations), (plan.Flops, plan.Rotations));

        // Five steps of 3 m² n + m³.
        double muon = 5 * ((3 * 36 * 12) + (3 * 36 * 20) + (2 * 216));
        double steps = Slowness * 5 * (Flops + (FlopsOfRotation * Rotations)) / (MicroBatch + muon);
        Assert.Equal(steps, plan.Share!.Value * plan.Every, 1e-9);
        Assert.Equal(100 * Math.Ceiling(steps), plan.Every);
    }

    [Fact]
    public void Micro_batches_make_a_step_longer_and_a_number_of_steps_that_is_set_stays()
    {
        const double MicroBatch = OfAdamW / 8;
        IReadOnlyList<Route> routes = Route.Split(new AdamWOptions(), new AdamWOptions());
        Assert.Equal(800, Plan(new(), MicroBatch, routes: routes).Every);
        Assert.Equal(200, Plan(new() { Accumulation = 4 }, MicroBatch, routes: routes).Every);
        SpectrumPlan set = Plan(new() { SpectraEvery = 10 }, MicroBatch, routes: routes);
        Assert.Equal((10, 0.8), (set.Every, set.Share));
        Assert.Null(Of(new() { SpectraEvery = null }, MicroBatch, threads: 2, routes));
    }

    [Fact]
    public void The_number_of_threads_changes_the_memory_alone()
    {
        SpectrumPlan[] plans = [.. new[] { 1, 4, 64 }.Select(threads => Plan(new(), 1e4, threads))];
        Assert.All(plans, plan => Assert.Equal((plans[0].Every, plans[0].Share), (plan.Every, plan.Share)));
        Assert.True(plans[0].Bytes < plans[1].Bytes);
        Assert.Equal(plans[1].Bytes, plans[2].Bytes);
    }

    [Theory]
    [InlineData("auto", 0)]
    [InlineData("-1", null)]
    [InlineData("null", null)]
    [InlineData("250", 250)]
    public void A_configuration_says_auto_never_or_a_number(string text, int? every)
    {
        TrainingConfig config = new TrainingConfig().Set("log.spectraEvery", text);
        Assert.Equal(every, config.Log.SpectraEvery);
        using TemporaryFolder folder = new();
        Assert.Equal(every, TrainingConfig.Load(folder.Write("config.json", config.ToJson().ToJsonString())).Log.SpectraEvery);
        Assert.Equal(text == "null" ? "-1" : text, ConfigKeys.Find("log.spectraEvery")!.Text(config));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-2")]
    [InlineData("often")]
    public void Other_words_and_numbers_are_refused(string text) => Assert.Equal(
        $"[config] log.spectraEvery must be a whole number of steps from 1 to 2147483647, auto, or -1 for never; '{text}' came",
        Assert.Single(Assert.Throws<ConfigurationException>(() => new TrainingConfig().Set("log.spectraEvery", text)).Problems));

    private static SpectrumPlan Plan(TrainerSettings settings, double? microBatch, int threads = 2, IReadOnlyList<Route>? routes = null) => Of(settings, microBatch, threads, routes)!;

    private static SpectrumPlan? Of(TrainerSettings settings, double? microBatch, int threads, IReadOnlyList<Route>? routes)
    {
        ParameterStoreBuilder builder = new();
        builder.Add("wide.weight", [6, 12], ParameterRole.Matrix);
        builder.Add("tall.weight", [20, 6], ParameterRole.Matrix);
        builder.Add("embedding.weight", [11, 4], ParameterRole.Embedding);
        using ParameterStore store = builder.Build(gradients: true);
        return SpectrumPlan.Of(RoutingPlan.Make(store.Parameters, routes ?? Route.Muon()), settings, microBatch, threads);
    }
}
