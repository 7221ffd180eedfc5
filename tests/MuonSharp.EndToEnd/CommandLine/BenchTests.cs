using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.CommandLine;

public class BenchTests
{
    [Fact]
    public void Bench_as_json_gives_the_peaks_and_what_was_asked_for()
    {
        JsonObject[] lines = Tool.Run("bench", "--json", "--threads", "2", "--only", "product-64x48x80:abt,spd-inverse-32", "--only", "step-1x2x16-2x8", "--optimizer", "muon").Exits(0).Json;

        var peaks = lines.Where(line => (string?)line["kind"] == "peak").ToList();
        Assert.Equal([1, 2], peaks.Select(peak => (int)peak["threads"]!).Distinct());
        Assert.All(peaks, peak => Assert.True((int)peak["vector_bits"]! >= 0 && (double)peak["gflops"]! > 0));
        var cases = lines.Skip(peaks.Count).ToList();
        Assert.Equal(["product-64x48x80:abt", "spd-inverse-32", "step-1x2x16-2x8"], cases.Select(line => (string?)line["name"]));
        Assert.All(cases, line =>
        {
            Assert.Equal(("bench", 2), ((string?)line["kind"], (int)line["threads"]!));
            Assert.InRange((double)line["share_of_peak"]!, 0, 1);
        });
        Assert.Equal(2e-6 * 64 * 48 * 80, (double)cases[0]["gflops"]! * (double)cases[0]["milliseconds"]!, 1e-6);
        Assert.False(((JsonObject)cases[0]).ContainsKey("tokens_per_second"));
        Assert.Equal("muon", (string?)cases[2]["optimizer"]);
        Assert.Equal(16e3, (double)cases[2]["tokens_per_second"]! * (double)cases[2]["milliseconds"]!, 1e-3);
        Assert.True((double)cases[2]["optimizer_milliseconds"]! > 0);
    }

    [Fact]
    public void Bench_as_text_has_a_row_for_each_case_with_its_share()
    {
        ProcessResult result = Tool.Run("bench", "--threads", "1", "--only", "product-64,symmetric-64").Exits(0);
        Assert.Matches(@"1 thread, .*GFLOP/s", result.Output);
        Assert.Matches(@"product-64 .* ms .*GFLOP/s .* % of \d+", result.Output);
        Assert.Matches(@"symmetric-64 .* ms .*GFLOP/s .* % of \d+", result.Output);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void The_list_measures_nothing_and_holds_the_names_of_the_contract()
    {
        var lines = Tool.Run("bench", "--list").Exits(0).Lines.Select(line => line.Trim()).ToList();
        Assert.All(["product-768", "symmetric-768", "spd-inverse-768", "orthogonalize-768x3072", "attention-6x64x256", "step-nanogpt-cpu", "step-gpt2-124m-1x1024"], name => Assert.Contains(name, lines));
        Assert.DoesNotContain(lines, line => line.Contains("GFLOP/s", StringComparison.Ordinal));
    }

    [Fact]
    public void The_list_holds_the_peak_and_follows_only()
    {
        Assert.Contains("peak", Tool.Run("bench", "--list").Exits(0).Lines);
        JsonObject[] names = Tool.Run("bench", "--list", "--json", "--only", "spd-inverse").Exits(0).Json;
        Assert.NotEmpty(names);
        Assert.All(names, line => Assert.Equal(("name", "spd-inverse"), ((string?)line["kind"], (string?)line["family"])));
    }

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    public void Names_that_are_none_are_a_usage_error(string only) => Tool.Run("bench", "--only", only).Fails(1, "[bench]", "--only");

    [Fact]
    public void An_unknown_name_is_a_usage_error_with_the_nearest() => Tool.Run("bench", "--only", "prodct-768").Fails(1, "[bench]", "prodct-768", "did you mean product-768?");

    [Fact]
    public void An_unknown_optimizer_is_refused() => Tool.Run("bench", "--optimizer", "moun").Fails(1, "[optimizer]", "moun", "did you mean 'muon'?");
}
