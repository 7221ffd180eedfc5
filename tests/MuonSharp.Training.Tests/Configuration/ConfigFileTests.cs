using System.Text;

namespace MuonSharp.Training.Tests.Configuration;

/// <summary>What configuration files may look like, whoever wrote them: <c>--config</c> and a run's own are read by one door.</summary>
public class ConfigFileTests
{
    [Theory]
    [InlineData("20")]
    [InlineData("20.0")]
    [InlineData("2e1")]
    [InlineData("0.2E+2")]
    public void A_whole_number_is_one_however_it_is_written(string number)
    {
        Assert.Equal(20, Read($$"""{"train": {"steps": {{number}} } }""").Train.Steps);
        Assert.Equal(20, new TrainingConfig().Set("train.steps", $" {number} ").Train.Steps);
        Assert.Equal(20UL, Read($$"""{"train": {"seed": {{number}} } }""").Train.Seed);
    }

    [Theory]
    [InlineData("20.5")]
    [InlineData("\"20\"")]
    [InlineData("1e10")]
    public void Anything_else_is_none(string number) =>
        Assert.Contains("train.steps must be a whole number from 1 to 2147483647; ", Refused($$"""{"train": {"steps": {{number}} } }"""), StringComparison.Ordinal);

    [Fact]
    public void A_byte_order_mark_comments_and_trailing_commas_are_read_over() =>
        Assert.Equal(7, Read("\ufeff{ // mine\n \"train.steps\": 7, /* end */ }").Train.Steps);

    [Fact]
    public void A_key_with_dots_and_the_same_one_nested_are_one_key_that_comes_twice()
    {
        Assert.Contains("each key may come once; train.steps comes twice, with dots and nested", Refused("""{"train.steps": 7, "train": {"steps": 9}}"""), StringComparison.Ordinal);
        Assert.Equal((7, 9), Read("""{"train.steps": 7, "train": {"batch": 9}}""") is var config ? (config.Train.Steps, config.Train.Batch) : default);
    }

    [Fact]
    public void Text_is_taken_as_it_is_and_numbers_alone_are_trimmed()
    {
        Assert.Equal(" The \n", new TrainingConfig().Set("sample.prompt", " The \n").Sample.Prompt);
        Assert.Equal(" The \n", Read("""{"sample": {"prompt": " The \n"}}""").Sample.Prompt);
        Assert.Equal(0.5, new TrainingConfig().Set("sample.topP", " 0.5 ").Sample.TopP);
    }

    [Theory]
    [InlineData("{\"data\": {\"file\": \"\\ud800\"}}", "half of a surrogate pair came")]
    [InlineData("{\"\\ud800\": 1}", "half of a surrogate pair came")]
    [InlineData("{\"a\\u001b]0;owned\\u0007\": 1}", "'a\\u001b]0;owned\\u0007' came")]
    [InlineData("{\"model\": {\"positions\": \"a\\u001bb\"}}", "came")]
    public void Text_that_is_no_text_and_codes_for_a_terminal_are_one_harmless_line(string json, string expected)
    {
        string problem = Refused(json);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
        Assert.DoesNotContain(problem, char.IsControl);
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_one_line_with_their_place()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("latin.json");
        File.WriteAllBytes(file, Encoding.Latin1.GetBytes("{\"sample\": {\"prompt\": \"é\"}}"));
        Assert.Equal(
            $"[config] {file}: it must be UTF-8 text; the byte 0xE9 came (line 1, byte 24)",
            Assert.Single(Assert.Throws<ConfigurationException>(() => new TrainingConfigBuilder().AddFile(file).Build()).Problems));
    }

    [Theory]
    [InlineData("train.threads", "0")]
    [InlineData("model.window", "0")]
    [InlineData("model.window", "null")]
    [InlineData("sample.topK", "0.0")]
    [InlineData("optimizer.clipNorm", "0")]
    [InlineData("evaluate.every", "-1")]
    [InlineData("evaluate.every", "null")]
    public void None_may_be_written_as_the_number_that_means_it_and_is_null(string key, string text)
    {
        TrainingConfig config = new TrainingConfig().Set(key, text);
        Assert.Equal(config, Read($$"""{"{{key}}": {{text}} }"""));
        Assert.Equal(key == "evaluate.every" ? "-1" : "null", ConfigKeys.Find(key)!.Text(config));
    }

    private static TrainingConfig Read(string json)
    {
        using TemporaryFolder folder = new();
        return TrainingConfig.Load(folder.Write("config.json", json));
    }

    private static string Refused(string json) => Assert.Single(Assert.Throws<ConfigurationException>(() => Read(json)).Problems);
}
