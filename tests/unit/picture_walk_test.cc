// What is found below a folder, in which order, what is left out and what is opened for that.
#include "native/pictures/picture_walk.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "native/base/temporary_folder.h"

namespace ag {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

const std::string kJpeg = "\xff\xd8\xff\xe0\0\x10JFIF\0"s;
const std::string kPng = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s;
const std::string kHeic = "\0\0\0\x18"s + "ftypheic\0\0\0\0mif1heic"s;
const std::string kWebp = "RIFF\x10\0\0\0WEBPVP8 "s;
const std::string kTiff = "II*\0\x08\0\0\0\0\0\0\0\0\0"s;

class PictureWalkTest : public testing::Test {
 protected:
  fs::path root() const { return fs::path(folder_.path()) / "in"; }
  void Write(const std::string& name, const std::string& bytes = "x") {
    const fs::path path = root() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::vector<std::string> Walk(const FolderOptions& options = {}) {
    left_out_ = {};
    std::vector<std::string> found;
    PictureWalk walk(root().string(), options, &left_out_);
    while (const auto item = walk.Next()) {
      EXPECT_TRUE(item->status.ok()) << item->status.message();
      EXPECT_EQ(item->path, (root() / item->relative).string());
      found.push_back(item->relative);
    }
    return found;
  }
  using Names = std::vector<std::string>;

  TemporaryFolder folder_{"ag-walk"};
  LeftOut left_out_;
};

TEST_F(PictureWalkTest, NamesAreEnoughAndContentsDecideTheRest) {
  for (const char* name : {
           "a.jpg",
           "b.JPEG",
           "c.jpe",
           "d.jfif",
           "e.mpo",
           "f.png",
           "g.Bmp",
           "h.gif",
           "i.ppm",
           "j.PGM",
       }) {
    Write(name);  // whatever is in them
  }
  Write("IMG_1.HEIC", kJpeg);
  Write("IMG_2", kPng);
  Write("download.1", kJpeg);
  Write("IMG_3.HEIC", kHeic);
  Write("IMG_4", kHeic);
  Write("x.webp", kWebp);
  Write("y.tif", kTiff);
  Write("broken.heic", "");
  Write("notes", "BM begins many a text, and GIF too\n");
  Write("Makefile", "all:\n");
  Write("labels.csv", kJpeg);
  Write("empty", "");
  EXPECT_EQ(Walk(), (Names{"IMG_1.HEIC", "IMG_2", "a.jpg", "b.JPEG", "c.jpe", "d.jfif",
                           "download.1", "e.mpo", "f.png", "g.Bmp", "h.gif", "i.ppm", "j.PGM"}));
  EXPECT_EQ(left_out_.Summary(), "5 files left out: 3 HEIC, 1 TIFF, 1 WebP");
  EXPECT_EQ(left_out_.pictures(), 5u);
}

TEST_F(PictureWalkTest, HiddenOnesAndThumbnailsAreCountedAlone) {
  Write("a.jpg");
  Write(".b.jpg");
  Write("._a.jpg");
  Write(".git/c.jpg");
  Write(".thumbnails/d.jpg");
  Write("@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg");
  Write("deeper/@eaDir/e.jpg");
  Write("deeper/f.jpg");
  Write("__MACOSX/g.jpg");
  Write(".@__thumb/h.jpg");
  Write("Thumbs.db");
  EXPECT_EQ(Walk(), (Names{"a.jpg", "deeper/f.jpg"}));
  EXPECT_EQ(left_out_.Summary(), "9 files left out: 6 thumbnails, 3 hidden");
  EXPECT_EQ(left_out_.pictures(), 0u) << "nothing for --strict";
}

TEST_F(PictureWalkTest, PipesAndSocketsAreNotOpened) {
  Write("a.jpg");
  ASSERT_EQ(::mkfifo((root() / "b.jpg").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((root() / "c").c_str(), 0600), 0);
  fs::create_symlink(root() / "c", root() / "d.png");
  fs::create_symlink("nowhere", root() / "dangling.jpg");
  left_out_ = {};
  PictureWalk walk(root().string(), {}, &left_out_);
  Names found;
  while (const auto item = walk.Next()) {
    found.push_back(item->relative);
    EXPECT_EQ(item->regular, item->relative == "a.jpg");
  }
  EXPECT_EQ(found, (Names{"a.jpg", "dangling.jpg"}));
  EXPECT_EQ(left_out_.List(), "3 pipes, sockets or devices");
}

TEST_F(PictureWalkTest, IncludeAndExclude) {
  for (const char* name :
       {"a.jpg", "a.png", "2023/a.jpg", "2023/x/b.jpg", "2024/a.jpg", "2024/small/c.jpg"}) {
    Write(name);
  }
  Write("2024/d.webp", kWebp);
  EXPECT_EQ(Walk({.include = {"*.png"}}), (Names{"a.png"}));
  EXPECT_EQ(Walk({.include = {"a.*"}}), (Names{"2023/a.jpg", "2024/a.jpg", "a.jpg", "a.png"}));
  EXPECT_EQ(Walk({.include = {"2023/*"}}), (Names{"2023/a.jpg", "2023/x/b.jpg"}));
  EXPECT_EQ(left_out_.pictures(), 0u);
  EXPECT_EQ(Walk({.include = {"2023/*", "*.png"}}), (Names{"2023/a.jpg", "2023/x/b.jpg", "a.png"}));
  EXPECT_EQ(Walk({.exclude = {"small", "2023/"}}), (Names{"2024/a.jpg", "a.jpg", "a.png"}));
  EXPECT_EQ(Walk({.exclude = {"*/x/*", "*.png"}}),
            (Names{"2023/a.jpg", "2024/a.jpg", "2024/small/c.jpg", "a.jpg"}));
  EXPECT_EQ(Walk({.include = {"*.jpg"}, .exclude = {"202[0-3]", "*.webp"}}),
            (Names{"2024/a.jpg", "2024/small/c.jpg", "a.jpg"}));
  EXPECT_TRUE(left_out_.empty()) << left_out_.List();
}

TEST_F(PictureWalkTest, LinksAreFollowedOnRequestAndNotInACircle) {
  Write("a.jpg");
  Write("sub/b.jpg");
  fs::create_directories(fs::path(folder_.path()) / "elsewhere");
  std::ofstream(fs::path(folder_.path()) / "elsewhere/c.jpg") << "x";
  fs::create_directory_symlink(fs::path(folder_.path()) / "elsewhere", root() / "link");
  fs::create_directory_symlink("..", root() / "sub/up");
  fs::create_directory_symlink(".", root() / "sub/self");
  fs::create_symlink(root() / "a.jpg", root() / "file.jpg");
  EXPECT_EQ(Walk(), (Names{"a.jpg", "file.jpg", "sub/b.jpg"}));
  EXPECT_EQ(left_out_.List(), "3 links to folders (--follow-links)");
  EXPECT_EQ(Walk({.follow_links = true}), (Names{"a.jpg", "file.jpg", "link/c.jpg", "sub/b.jpg"}));
  EXPECT_EQ(left_out_.List(), "2 links in a circle");
}

TEST_F(PictureWalkTest, FilesThatCannotBeOpenedCount) {
  if (::geteuid() == 0) GTEST_SKIP() << "root opens everything";
  Write("a.jpg");
  Write("secret", kJpeg);
  ASSERT_EQ(::chmod((root() / "secret").c_str(), 0), 0);
  EXPECT_EQ(Walk(), (Names{"a.jpg"}));
  EXPECT_EQ(left_out_.List(), "1 unreadable");
  EXPECT_EQ(left_out_.pictures(), 1u);
}

// What the kernel saw being opened in the folder.
TEST_F(PictureWalkTest, PicturesAreNotOpenedForTheirNames) {
  for (int i = 0; i < 100; ++i) {
    Write(std::to_string(i) + ".jpg", kJpeg);
    Write(std::to_string(i) + ".json");
  }
  Write("one", kJpeg);
  Write("two.heic", kHeic);
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  ASSERT_GE(watch, 0);
  ASSERT_GE(::inotify_add_watch(watch, root().c_str(), IN_OPEN), 0);
  EXPECT_EQ(Walk().size(), 101u);
  size_t opened = 0;
  alignas(inotify_event) std::array<char, 65536> events;
  for (ssize_t got = 0; (got = ::read(watch, events.data(), events.size())) > 0;) {
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(events.data() + at);
      opened += (event->mask & IN_ISDIR) == 0;
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
  ::close(watch);
  EXPECT_EQ(opened, 2u);
}

TEST(LeftOutTest, TheMostComeFirst) {
  LeftOut left_out;
  EXPECT_EQ(left_out.Summary(), "");
  left_out.Add(LeftOut::kHidden);
  EXPECT_EQ(left_out.Summary(), "1 file left out: 1 hidden");
  LeftOut more;
  for (int i = 0; i < 3; ++i) more.AddPicture("WebP");
  left_out.Add(more);
  EXPECT_EQ(left_out.Summary(), "4 files left out: 3 WebP, 1 hidden");
  EXPECT_EQ(left_out.pictures(), 3u);
}

}  // namespace
}  // namespace ag
